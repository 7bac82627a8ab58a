//! What a probe found out about a system.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// Whether an answer is what the probe's rule wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not.
    Not,
    /// The system has nothing that could be asked.
    None,
}

/// What was read back from a system, in a few words, and what the rule says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The answer, measured.
    pub answer: String,
    /// What the probe's rule says of it.
    pub verdict: Verdict,
}

impl Finding {
    /// An answer, and whether it is right.
    pub fn judged(answer: impl Display, is_right: bool) -> Self {
        let verdict = if is_right { Verdict::Ok } else { Verdict::Not };
        Self { answer: answer.to_string(), verdict }
    }

    /// There is nothing that could be asked, for this reason.
    pub fn none(reason: impl Display) -> Self {
        Self { answer: reason.to_string(), verdict: Verdict::None }
    }
}
