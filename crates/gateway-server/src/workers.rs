//! Threads that each serve their own connections on a runtime of their own.
//!
//! A request crosses several tasks (the client's connection, the upstream's). On a work-stealing runtime they
//! wake each other across threads, which costs system calls and cold caches at every hop; kept on one thread they
//! do not. New connections go to the thread that has the fewest. See `docs/performance.md` for the measurement.

use std::{
    cell::Cell,
    fmt, io,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use gateway_client::transport::{
    HttpTransport, HttpTransportConfig, Transport, TransportError, TransportRequest,
    TransportResponse,
};
use tokio::{
    runtime,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// What a worker runs: made on the worker's own thread, so that it finds the worker's runtime.
pub type Job = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

thread_local! {
    /// Which worker this thread is.
    static WORKER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Running workers. Dropping the last handle ends them once their jobs are done or their runtimes dropped.
#[derive(Clone)]
pub struct Workers {
    workers: Arc<[Worker]>,
}

struct Worker {
    jobs: UnboundedSender<Job>,
    open: Arc<AtomicUsize>,
}

impl Workers {
    /// Starts this many threads.
    ///
    /// # Errors
    /// When the system gives no thread or no runtime.
    pub fn start(count: NonZeroUsize) -> io::Result<Self> {
        let workers: io::Result<Vec<_>> = (0..count.get()).map(Worker::start).collect();
        Ok(Self {
            workers: workers?.into(),
        })
    }

    /// Gives a job to the worker with the fewest.
    pub fn run(&self, job: Job) {
        let fewest = self
            .workers
            .iter()
            .min_by_key(|worker| worker.open.load(Ordering::Relaxed));
        if let Some(worker) = fewest {
            worker.open.fetch_add(1, Ordering::Relaxed);
            // A worker ends only after all senders are gone, so there is one to take it.
            let _ = worker.jobs.send(job);
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({})", self.workers.len())
    }
}

impl Worker {
    fn start(index: usize) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (jobs, waiting) = unbounded_channel();
        let open = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&open);
        thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || {
                WORKER.set(Some(index));
                runtime.block_on(take_jobs(waiting, theirs));
            })?;
        Ok(Self { jobs, open })
    }
}

async fn take_jobs(mut waiting: UnboundedReceiver<Job>, open: Arc<AtomicUsize>) {
    while let Some(job) = waiting.recv().await {
        let open = Arc::clone(&open);
        tokio::spawn(async move {
            let _done = Done(open);
            job().await;
        });
    }
}

/// Counts a job as done, also one that panicked.
struct Done(Arc<AtomicUsize>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A transport with one pool of connections for each worker, so that an upstream's connection lives on the thread
/// that uses it; and one for every other thread.
#[derive(Debug)]
pub struct PerWorkerTransport {
    others: HttpTransport,
    of_worker: Box<[HttpTransport]>,
}

impl PerWorkerTransport {
    /// Builds the pools.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn new(config: &HttpTransportConfig, workers: usize) -> Result<Self, TransportError> {
        let pool = || HttpTransport::new(config.clone());
        let of_worker: Result<Vec<_>, _> = (0..workers).map(|_| pool()).collect();
        Ok(Self {
            others: pool()?,
            of_worker: of_worker?.into(),
        })
    }
}

#[async_trait]
impl Transport for PerWorkerTransport {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let mine = WORKER.get().and_then(|index| self.of_worker.get(index));
        mine.unwrap_or(&self.others).send(request).await
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn jobs_are_spread_and_each_stays_on_its_thread() {
        let workers = Workers::start(NonZeroUsize::new(3).unwrap()).unwrap();
        let (sender, receiver) = mpsc::channel();
        for _ in 0..6 {
            let sender = sender.clone();
            workers.run(Box::new(move || {
                Box::pin(async move {
                    let before = WORKER.get();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    sender.send((before, WORKER.get())).unwrap();
                })
            }));
        }
        let seen: Vec<_> = (0..6)
            .map(|_| receiver.recv_timeout(Duration::from_secs(5)).unwrap())
            .collect();
        assert!(
            seen.iter()
                .all(|(before, after)| before.is_some() && before == after),
            "{seen:?}"
        );
        assert_eq!(
            seen.iter()
                .map(|(before, _)| before)
                .collect::<HashSet<_>>()
                .len(),
            3
        );
    }

    #[test]
    fn a_job_that_panics_counts_as_done() {
        let workers = Workers::start(NonZeroUsize::MIN).unwrap();
        workers.run(Box::new(|| Box::pin(async { panic!("on purpose") })));
        let (sender, receiver) = mpsc::channel();
        workers.run(Box::new(move || {
            Box::pin(async move { sender.send(()).unwrap() })
        }));
        receiver.recv_timeout(Duration::from_secs(5)).unwrap();
        while workers.workers[0].open.load(Ordering::Relaxed) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
