//! Another configuration for a running gateway: read again on SIGHUP, and when one of its files changes.
//!
//! What is read is checked as at the start. What is wrong with it goes to the log, and the configuration before it
//! stays; what is good is taken up by [`RunningServer::reload`] for the requests to come.

mod fixed;
mod history;
mod signal;
mod sources;
mod watch;

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::task::spawn_blocking;

pub(crate) use self::fixed::Fixed;
pub use self::{history::History, sources::Sources};
use self::{signal::Hangups, watch::Watch};
use crate::{
    Composer, Parts, RunningServer,
    cli::{Loaded, Options},
    config::{Environment, Problem, Problems, Settings, section::Logging},
    observe::diagnostics::Diagnostics,
};

/// Reads a gateway's configuration again whenever there is a reason to.
#[derive(Debug)]
pub struct Reloader {
    options: Options,
    environment: Environment,
    composer: Arc<Mutex<Composer>>,
    log: Diagnostics,
    at_start: AtStart,
    sources: Sources,
    /// `None` where it is switched off, or not to be had.
    watch: Option<Watch>,
    hangups: Hangups,
}

/// What a program settles when it starts, beside what a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AtStart {
    worker_threads: usize,
}

/// A configuration that was read.
struct Read {
    sources: Sources,
    outcome: Result<Fresh, String>,
}

/// A configuration that is good.
struct Fresh {
    parts: Box<Parts>,
    warnings: Vec<String>,
    after_restart: Vec<&'static str>,
    watch_files: bool,
    logging: Logging,
}

impl Reloader {
    /// For the configuration that these options and this environment gave, the composer that made parts of it, and the
    /// log that was begun with it.
    /// From here on SIGHUP does not end the process. Inside a tokio runtime.
    pub fn new(
        options: Options,
        environment: Environment,
        loaded: &Loaded,
        composer: Composer,
        log: Diagnostics,
    ) -> Self {
        let mut options = options;
        // A file that was there has to stay: without it the gateway would serve what nobody asked for.
        options.config = loaded.file.clone().or(options.config);
        let mut reloader = Self {
            options,
            environment,
            composer: Arc::new(Mutex::new(composer)),
            log,
            at_start: AtStart::of(&loaded.settings),
            sources: loaded.sources.clone(),
            watch: None,
            hangups: Hangups::listen(),
        };
        reloader.watch_over(loaded.settings.server.watch_files);
        reloader
    }

    /// Keeps the server's configuration up to date, until it is dropped.
    pub async fn run(mut self, server: &RunningServer) -> Infallible {
        loop {
            tokio::select! {
                () = self.hangups.next() => tracing::info!("SIGHUP: the configuration is read again"),
                () = changed(&mut self.watch, &self.sources) => {
                    tracing::info!("the configuration's files have changed and are read again");
                }
            }
            self.reload(server).await;
        }
    }

    async fn reload(&mut self, server: &RunningServer) {
        let (options, environment) = (self.options.clone(), self.environment.clone());
        let (composer, at_start) = (Arc::clone(&self.composer), self.at_start);
        let known = self.sources.clone();
        // Files and certificates may take their time, and this thread may have connections to accept.
        let read = spawn_blocking(move || {
            let composer = &mut composer.lock().unwrap_or_else(PoisonError::into_inner);
            Read::now(&options, &environment, composer, (&at_start, &known))
        });
        let Ok(Read { sources, outcome }) = read.await else {
            return refuse(server, "the gateway failed at reading it");
        };
        self.sources = sources;
        let mut watch_files = self.watch.is_some();
        match outcome {
            Err(why) => refuse(server, &why),
            Ok(fresh) => {
                watch_files = fresh.watch_files;
                take_up(server, fresh, &self.log).await;
            }
        }
        self.watch_over(watch_files);
    }

    /// Watches the files where they are now.
    fn watch_over(&mut self, wanted: bool) {
        let current = self.watch.take().filter(|_| wanted);
        self.watch = match current.filter(|watch| watch.covers(&self.sources)) {
            None if wanted && !self.sources.is_empty() => Watch::start(&self.sources)
                .inspect_err(|error| {
                    tracing::warn!(%error, "the configuration's files cannot be watched; SIGHUP reads them again");
                })
                .ok(),
            kept => kept,
        };
    }
}

impl Read {
    fn now(
        options: &Options,
        environment: &Environment,
        composer: &mut Composer,
        (at_start, known): (&AtStart, &Sources),
    ) -> Self {
        let file = match options.file(environment) {
            Ok(file) => file,
            Err(problems) => {
                return Self {
                    sources: known.again(),
                    outcome: Err(problems.to_string()),
                };
            }
        };
        let sources = Sources::of(file.as_ref(), environment);
        let loaded = match &file {
            Some(file) if file.text.trim().is_empty() => Err(empty(file)),
            _ => options.settings(file.as_ref(), environment),
        };
        let sources = match &loaded {
            Ok(settings) => sources.and(settings.credentials_files()),
            // What a configuration that is wrong would name is not known.
            Err(_) => sources.and(known.files()),
        };
        let outcome = loaded
            .map_err(|problems| problems.to_string())
            .and_then(|settings| Fresh::of(settings, composer, at_start));
        Self { sources, outcome }
    }
}

/// A file is empty for a moment while it is written. What it then says, a gateway for everybody, is hardly meant.
fn empty(file: &crate::config::ConfigFile) -> Problems {
    Problems(vec![Problem {
        position: None,
        key: String::new(),
        message: format!(
            "the configuration file {} is empty, which a running gateway does not take up",
            file.path.display()
        ),
        help: Some("write a comment into it if it is to say nothing".to_owned()),
    }])
}

impl Fresh {
    fn of(settings: Settings, composer: &mut Composer, at_start: &AtStart) -> Result<Self, String> {
        let after_restart = at_start.differences(&AtStart::of(&settings));
        let warnings = settings.warnings.clone();
        let watch_files = settings.server.watch_files;
        let logging = settings.logging.clone();
        let parts = composer
            .compose(settings)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            parts: Box::new(parts),
            warnings,
            after_restart,
            watch_files,
            logging,
        })
    }
}

async fn take_up(server: &RunningServer, fresh: Fresh, log: &Diagnostics) {
    for warning in &fresh.warnings {
        tracing::warn!("{warning}");
    }
    match server.reload(*fresh.parts).await {
        Ok(reloaded) => {
            log.follow(&fresh.logging);
            let keys = [fresh.after_restart, reloaded.after_restart].concat();
            if !keys.is_empty() {
                tracing::warn!("takes effect after a restart: {}", keys.join(", "));
            }
            tracing::info!(
                generation = reloaded.generation,
                "another configuration is in force"
            );
        }
        Err(error) => say_refused(&error.to_string()),
    }
}

fn refuse(server: &RunningServer, why: &str) {
    // Whoever sees at `/status` that it was refused finds the reason in the log.
    say_refused(why);
    server.refused(why);
}

fn say_refused(why: &str) {
    tracing::error!("the configuration is refused, the one before stays in force:\n{why}");
}

async fn changed(watch: &mut Option<Watch>, sources: &Sources) {
    match watch {
        Some(watch) => watch.changed(sources).await,
        None => pending().await,
    }
}

impl AtStart {
    fn of(settings: &Settings) -> Self {
        Self {
            worker_threads: settings.server.worker_threads.get(),
        }
    }

    fn differences(&self, other: &Self) -> Vec<&'static str> {
        let differs = self.worker_threads != other.worker_threads;
        differs
            .then_some("server.worker_threads")
            .into_iter()
            .collect()
    }
}
