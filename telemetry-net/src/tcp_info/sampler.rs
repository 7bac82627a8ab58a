//! Which connections are asked before a collection, when there are more than can be.

use std::sync::{Mutex, PoisonError};

/// So many connections are asked in a row under one lock: less than twenty microseconds.
const BATCH: usize = 16;

/// Goes round all live connections, so many in each round, and begins where the last round has ended.
///
/// The connections are in lists, one for each stripe, and change between the looks: a connection that another one's end
/// moves to a place already passed has its turn in the next round.
#[derive(Debug)]
pub(crate) struct Sampler {
    limit: usize,
    /// The stripe, and the place in its list.
    next: Mutex<(usize, usize)>,
}

/// A part of one stripe's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) stripe: usize,
    pub(crate) from: usize,
    /// At least one.
    pub(crate) most: usize,
}

impl Sampler {
    /// At most this many connections are asked in each round.
    pub(crate) const LIMIT: usize = 256;

    pub(crate) fn with_limit(limit: usize) -> Self {
        Self { limit, next: Mutex::default() }
    }

    /// One round. `visit` locks the stripe, asks those from `from` on, at most `most` of them and as many as there are,
    /// and gives back how long the list is. The lock is free between two visits.
    pub(crate) fn round(&self, stripes: usize, mut visit: impl FnMut(Batch) -> usize) {
        if stripes == 0 {
            return;
        }
        // One round at a time: two would ask the same ones.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, start) = *next;
        let mut left = self.limit;
        // The stripe that it begins with comes twice: from the place on, and at last up to the place.
        for step in 0..=stripes {
            let stripe = (first + step) % stripes;
            let mut place = if step == 0 { start } else { 0 };
            let end = if step == stripes { start } else { usize::MAX };
            while place < end {
                let most = BATCH.min(left).min(end - place);
                if most == 0 {
                    *next = (stripe, place);
                    return;
                }
                let len = visit(Batch { stripe, from: place, most });
                let asked = most.min(len.saturating_sub(place));
                left -= asked;
                place += asked;
                if asked < most {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists as a registry has them, with a number for each connection. Gives back who was asked, in order.
    fn round(sampler: &Sampler, lists: &[Vec<u32>]) -> Vec<u32> {
        let mut asked = Vec::new();
        sampler.round(lists.len(), |Batch { stripe, from, most }| {
            assert!((1..=BATCH).contains(&most), "{most}");
            let list = &lists[stripe];
            asked.extend(list.iter().skip(from).take(most));
            list.len()
        });
        asked
    }

    fn sorted(mut list: Vec<u32>) -> Vec<u32> {
        list.sort_unstable();
        list
    }

    fn lists(lengths: &[u32]) -> Vec<Vec<u32>> {
        let mut next = 0..;
        lengths.iter().map(|&len| next.by_ref().take(len as usize).collect()).collect()
    }

    #[test]
    fn with_few_connections_each_round_asks_each_once() {
        for lengths in
            [vec![0], vec![0, 0, 0], vec![3], vec![0, 5, 0, 1], vec![17, 16, 15, 33], vec![256], vec![0, 256]]
        {
            let sampler = Sampler::with_limit(Sampler::LIMIT);
            let lists = lists(&lengths);
            for _ in 0..3 {
                assert_eq!(sorted(round(&sampler, &lists)), lists.concat(), "{lengths:?}");
            }
        }
    }

    #[test]
    fn with_many_connections_all_come_by_in_turn() {
        for (limit, lengths) in [
            (1, vec![3]),
            (1, vec![0, 1, 0, 2]),
            (7, vec![5, 0, 40, 1, 1]),
            (16, vec![16, 16, 16]),
            (256, vec![1000, 0, 300, 257]),
        ] {
            let sampler = Sampler::with_limit(limit);
            let lists = lists(&lengths);
            let all = lists.concat();
            let mut asked = Vec::new();
            for _ in 0..all.len() {
                let one = round(&sampler, &lists);
                assert_eq!(one.len(), limit);
                asked.extend(one);
            }
            // Round and round in the same order.
            for (n, who) in asked.iter().enumerate() {
                assert_eq!(*who, all[n % all.len()], "{limit} of {lengths:?}");
            }
        }
    }

    #[test]
    fn connections_that_come_and_go_are_no_trouble() {
        const LIMIT: usize = 20;
        let sampler = Sampler::with_limit(LIMIT);
        let mut lists = lists(&[30, 10, 25, 0]);
        let mut random = 1_u32;
        let mut waits = vec![0; 65];
        for _ in 0..10_000 {
            // In each round one goes, as a registry takes it out, and another one comes.
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (from, to) = ((random >> 8) as usize % 4, (random >> 16) as usize % 4);
            if !lists[from].is_empty() {
                let place = (random >> 20) as usize % lists[from].len();
                let moved = lists[from].swap_remove(place);
                lists[to].push(moved);
            }
            let asked = round(&sampler, &lists);
            assert_eq!(asked.len(), LIMIT);
            waits.iter_mut().for_each(|wait| *wait += 1);
            asked.iter().for_each(|&who| waits[who as usize] = 0);
            // Without the coming and going it would be 4 rounds.
            assert!(waits.iter().all(|&wait| wait < 40), "{waits:?}");
        }
    }

    #[test]
    fn lists_that_shrink_while_nobody_looks_end_the_round() {
        let sampler = Sampler::with_limit(10);
        assert_eq!(round(&sampler, &lists(&[40])).len(), 10);
        assert_eq!(round(&sampler, &lists(&[4])), [0, 1, 2, 3]);
        assert!(round(&sampler, &lists(&[0])).is_empty());
        assert_eq!(sorted(round(&sampler, &lists(&[12]))).len(), 10);
    }

    #[test]
    fn nothing_to_ask_and_nobody_to_be_asked() {
        Sampler::with_limit(0).round(3, |batch| panic!("{batch:?}"));
        Sampler::with_limit(9).round(0, |batch| panic!("{batch:?}"));
    }
}
