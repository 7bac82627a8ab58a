//! The instruments, and the one place that records a connection.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use http::Uri;
use hyper_util::client::legacy::connect::Connected;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Histogram, UpDownCounter};

use super::attributes::{self, Selection};
use super::state::{Condition, Event, State};

/// How every connection of HTTP/2 begins. No request of HTTP/1 can.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What all connections of a layer share. An instrument that is switched off is absent.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) open: Option<UpDownCounter<i64>>,
    pub(crate) duration: Option<Histogram<f64>>,
    pub(crate) selection: Selection,
}

/// What a connection, its handles and its guards share.
#[derive(Debug)]
pub(crate) struct Connection {
    recorder: Arc<Recorder>,
    started: Instant,
    state: State,
    lasting: Vec<KeyValue>,
    /// The attributes of each [`Condition`], made when the connection first comes into it.
    open: [OnceLock<Vec<KeyValue>>; 4],
}

impl Connection {
    pub(crate) fn on(&self, event: Event) {
        self.state.on(event, |before, after| self.tell(before, after));
    }

    /// Two series cannot change in one step. The new state comes first: a collection between the two calls finds the
    /// connection twice, which is better than to miss one that is open.
    fn tell(&self, before: Option<Condition>, after: Option<Condition>) {
        let Some(counter) = &self.recorder.open else { return };
        for (change, condition) in [(1, after), (-1, before)] {
            if let Some(condition) = condition {
                counter.add(change, self.attributes(condition));
            }
        }
    }

    fn attributes(&self, condition: Condition) -> &[KeyValue] {
        let Condition { http2, active } = condition;
        let list = &self.open[usize::from(http2) * 2 + usize::from(active)];
        list.get_or_init(|| attributes::open(&self.lasting, condition))
    }
}

/// An open connection, which its stream owns. Its drop is the end, and there is no other.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    shared: Arc<Connection>,
    has_written: bool,
}

impl OpenConnection {
    pub(crate) fn new(recorder: Arc<Recorder>, uri: &Uri, connected: &Connected) -> Self {
        let shared = Arc::new(Connection {
            started: Instant::now(),
            state: State::default(),
            lasting: recorder.selection.lasting(uri, connected),
            open: Default::default(),
            recorder,
        });
        if connected.is_negotiated_h2() {
            shared.on(Event::Http2);
        }
        shared.on(Event::Opened);
        Self { shared, has_written: false }
    }

    pub(crate) fn shared(&self) -> &Arc<Connection> {
        &self.shared
    }

    /// These bytes are about to be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let is_first = !std::mem::replace(&mut self.has_written, true);
        // With prior knowledge nothing is negotiated, and only the bytes tell.
        let event = if is_first && bytes.starts_with(PREFACE) { Event::Http2 } else { Event::Written };
        self.shared.on(event);
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let Connection { recorder, started, state, lasting, .. } = &*self.shared;
        if let Some(duration) = &recorder.duration {
            duration.record(started.elapsed().as_secs_f64(), &attributes::closed(lasting, state.is_http2()));
        }
        // Last: whoever sees the connection gone finds its duration recorded.
        self.shared.on(Event::Closed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use telemetry_core::opentelemetry::metrics::SyncInstrument;

    use super::*;
    use crate::client::connection::names::HTTP_CONNECTION_STATE;

    /// Keeps what the instruments are told, in order.
    #[derive(Clone, Default)]
    struct Tape(Arc<Mutex<Vec<String>>>);

    impl SyncInstrument<i64> for Tape {
        fn measure(&self, change: i64, attributes: &[KeyValue]) {
            assert!(attributes.is_sorted_by(|a, b| a.key < b.key), "the SDK would sort them each time");
            let state = attributes.iter().find(|attribute| attribute.key.as_str() == HTTP_CONNECTION_STATE);
            self.0.lock().unwrap().push(format!("{change:+} {}", state.unwrap().value));
        }
    }

    impl SyncInstrument<f64> for Tape {
        fn measure(&self, _: f64, _: &[KeyValue]) {
            self.0.lock().unwrap().push("duration".to_owned());
        }
    }

    #[test]
    fn hc_12_the_new_state_is_counted_before_the_old_one_is_left_and_the_end_comes_last() {
        let tape = Tape::default();
        let recorder = Arc::new(Recorder {
            open: Some(UpDownCounter::new(Arc::new(tape.clone()))),
            duration: Some(Histogram::new(Arc::new(tape.clone()))),
            selection: Selection::default(),
        });
        let mut connection = OpenConnection::new(recorder, &Uri::from_static("http://a"), &Connected::new());
        connection.write(b"GET ");
        connection.shared().on(Event::StreamBegan);
        connection.shared().on(Event::StreamEnded);
        drop(connection);
        let expected = ["+1 idle", "+1 active", "-1 idle", "+1 idle", "-1 active", "duration", "-1 idle"];
        assert_eq!(*tape.0.lock().unwrap(), expected);
    }
}
