//! A child process that never outlives us, and whose waits all end.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a program may take to say where it listens.
const START: Duration = Duration::from_secs(20);
/// How long a program may take to end once it is told to.
const STOP: Duration = Duration::from_secs(10);

/// Killed when dropped, on whatever path that is.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    /// Not there if it goes to the log.
    stdout: Option<Lines<BufReader<ChildStdout>>>,
}

impl Process {
    /// Starts `program`, with its stderr at the end of the file `log`.
    pub(crate) fn start<A: AsRef<OsStr>>(
        program: &Path,
        args: impl IntoIterator<Item = A>,
        log: &Path,
    ) -> Result<Self> {
        Self::spawn(Command::new(program).args(args), log)
    }

    /// The same of a command that has all it needs but its streams.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Result<Self> {
        let mut process = Self::run(command.stdout(Stdio::piped()), open(log)?)?;
        let stdout = process.child.stdout.take().context("a child without stdout")?;
        process.stdout = Some(BufReader::new(stdout).lines());
        Ok(process)
    }

    /// The same, with all that it says in the log.
    pub(crate) fn recorded(command: &mut Command, log: &Path) -> Result<Self> {
        let file = open(log)?;
        Self::run(command.stdout(file.try_clone()?), file)
    }

    fn run(command: &mut Command, log: File) -> Result<Self> {
        let program = Path::new(command.as_std().get_program()).to_owned();
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stderr(log).kill_on_drop(true);
        // Ctrl-C is for us, and we end what we have started.
        let child = child.process_group(0).spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { name, child, stdout: None })
    }

    /// The next line on its stdout.
    pub(crate) async fn line(&mut self) -> Result<String> {
        let stdout = self.stdout.as_mut().context("what it says is in its log")?;
        let line = timeout(START, stdout.next_line()).await;
        let line = line.with_context(|| format!("{} printed no line within {START:?}", self.name))??;
        line.with_context(|| format!("{} ended before it said where it listens", self.name))
    }

    /// Fails as soon as the program has ended by itself.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended by itself with {status}", self.name),
            None => Ok(()),
        }
    }

    /// Its number, as long as it runs.
    pub(crate) fn id(&self) -> Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// Sends `signal`, and does not wait for what comes of it.
    pub(crate) fn signal(&mut self, signal: Signal) -> Result<()> {
        self.still_runs()?;
        let pid = Pid::from_raw(self.id()?.cast_signed()).context("a child with an odd id")?;
        kill_process(pid, signal).with_context(|| format!("cannot signal {}", self.name))
    }

    /// Waits for its end, which has to come by itself within this time, and with code 0.
    pub(crate) async fn wait(mut self, limit: Duration) -> Result<()> {
        let status = timeout(limit, self.child.wait()).await;
        let status = status.with_context(|| format!("{} does not end within {limit:?}", self.name))??;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }

    /// Sends `signal`; the program has to end in time, with whatever code.
    pub(crate) async fn end(mut self, signal: Signal) -> Result<ExitStatus> {
        self.signal(signal)?;
        let status = timeout(STOP, self.child.wait()).await;
        Ok(status.with_context(|| format!("{} still runs {STOP:?} after {signal:?}", self.name))??)
    }

    /// Sends `signal`; the program has to end in time and with code 0.
    pub(crate) async fn stop(self, signal: Signal) -> Result<()> {
        let name = self.name.clone();
        let status = self.end(signal).await?;
        if !status.success() {
            bail!("{name} ended with {status} after {signal:?}");
        }
        Ok(())
    }
}

fn open(log: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(log);
    file.with_context(|| format!("cannot open {}", log.display()))
}
