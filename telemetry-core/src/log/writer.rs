use std::cell::Cell;
use std::io::{self, Write};
use std::sync::Arc;

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use super::line::Form;
use super::lookup::Lookup;
use super::subject::Subject;
use crate::exemplar::SpanIdentity;

/// A line longer than this leaves no memory behind on its thread.
const KEPT_BYTES: usize = 16 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Makes the writers of a layer that [`TraceIds`](super::TraceIds) was put around.
#[derive(Clone, Debug)]
pub struct MakeIdWriter<W> {
    inner: W,
    form: Form,
    lookup: Arc<Lookup>,
}

impl<W> MakeIdWriter<W> {
    pub(super) const fn new(inner: W, form: Form, lookup: Arc<Lookup>) -> Self {
        Self { inner, form, lookup }
    }

    fn writer<I>(&self, inner: I) -> IdWriter<I> {
        IdWriter { inner, form: self.form, span: self.lookup.find(Subject::current()) }
    }
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for MakeIdWriter<W> {
    type Writer = IdWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        self.writer(self.inner.make_writer())
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        self.writer(self.inner.make_writer_for(meta))
    }
}

/// Writes one line, with the ids of its span, in one piece.
#[derive(Debug)]
pub struct IdWriter<W> {
    inner: W,
    form: Form,
    span: Option<SpanIdentity>,
}

impl<W: Write> Write for IdWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Some(span) = self.span.take() else { return self.inner.write(line) };
        // Taken out rather than borrowed: what is written to may itself log.
        let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
        let written = self.form.write(line, &span, &mut buffer).and_then(|()| self.inner.write_all(&buffer));
        buffer.clear();
        buffer.shrink_to(KEPT_BYTES);
        // Fails while the thread ends, when nothing needs to be kept.
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
        written.map(|()| line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        if self.span.is_none() {
            return self.inner.write_all(line);
        }
        self.write(line).map(drop)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
