//! How soon a target answers: an average that follows a slow answer at once and a fast one slowly, and that fades
//! while nobody asks, so that a slow target gets another chance.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// After this time an average has faded to 37 %, and an answer counts for as much less than a new one.
const FADE: Duration = Duration::from_secs(30);

/// A fault counts as an answer after this time at least: who fails at once is not fast.
const FAULT: Duration = Duration::from_secs(5);

/// What a target weighs that is asked for the first time and has not answered yet: more than any that has.
const UNTRIED: f64 = 1e9;

/// What is measured of one target: apart, the time to the first token of streams and the time of whole answers, for
/// the two have nothing to do with one another; and how many requests it is busy with.
#[derive(Debug, Default)]
pub struct Pace {
    first_token: Mutex<Average>,
    whole: Mutex<Average>,
    busy: AtomicU32,
}

/// In seconds, as of a moment.
#[derive(Debug, Default, Clone, Copy)]
struct Average {
    seconds: f64,
    at: Option<Instant>,
}

impl Average {
    fn now(self, now: Instant) -> Option<f64> {
        Some(self.seconds * faded(now.saturating_duration_since(self.at?)))
    }

    /// A slower answer than the average is the new average: it may be the first of many.
    fn with(self, now: Instant, took: Duration) -> Self {
        let took = took.as_secs_f64();
        let old = self
            .at
            .map_or(0.0, |at| faded(now.saturating_duration_since(at)));
        let seconds = if took >= self.seconds * old {
            took
        } else {
            self.seconds * old + took * (1.0 - old)
        };
        Self {
            seconds,
            at: Some(now),
        }
    }
}

/// What is left of an average after this time.
fn faded(idle: Duration) -> f64 {
    (-idle.as_secs_f64() / FADE.as_secs_f64()).exp()
}

impl Pace {
    /// What a further request would weigh there: the time that it may take, times how many share the target then. The
    /// lighter is the better.
    pub(crate) fn weight(&self, stream: bool, now: Instant) -> f64 {
        let busy = f64::from(self.busy.load(Ordering::Relaxed));
        match lock(self.average(stream)).now(now) {
            Some(seconds) => seconds * (busy + 1.0),
            None if busy == 0.0 => 0.0,
            None => UNTRIED * busy,
        }
    }

    /// Counts a request that begins.
    pub(crate) fn begin(self: &Arc<Self>, stream: bool) -> UnderWay {
        self.busy.fetch_add(1, Ordering::Relaxed);
        UnderWay {
            pace: Arc::clone(self),
            stream,
        }
    }

    fn average(&self, stream: bool) -> &Mutex<Average> {
        if stream {
            &self.first_token
        } else {
            &self.whole
        }
    }

    fn note(&self, stream: bool, took: Duration) {
        let mut average = lock(self.average(stream));
        *average = average.with(Instant::now(), took);
    }

    /// An answer would have taken longer than this: how long is unknown, so that it makes no average shorter.
    fn note_longer(&self, stream: bool, than: Duration) {
        let mut average = lock(self.average(stream));
        let now = Instant::now();
        if average
            .now(now)
            .is_none_or(|known| known < than.as_secs_f64())
        {
            *average = average.with(now, than);
        }
    }
}

fn lock(average: &Mutex<Average>) -> std::sync::MutexGuard<'_, Average> {
    average.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request that a target is busy with, until this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    pace: Arc<Pace>,
    stream: bool,
}

impl UnderWay {
    /// It was answered: of a stream its first event came, else the whole answer.
    pub(crate) fn answered(&self, took: Duration) {
        self.pace.note(self.stream, took);
    }

    /// Nobody waited for the answer any longer, after this time.
    pub(crate) fn outlasted(&self, took: Duration) {
        self.pace.note_longer(self.stream, took);
    }

    /// It failed by the target's fault.
    pub(crate) fn failed(&self, took: Duration) {
        self.pace.note(self.stream, took.max(FAULT));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.pace.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn seconds(pace: &Pace, stream: bool) -> f64 {
        pace.weight(stream, Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_counts_at_once_and_a_fast_one_slowly() {
        let pace = Arc::new(Pace::default());
        let request = pace.begin(true);
        request.answered(millis(200));
        request.answered(millis(3_000));
        drop(request);
        assert!((seconds(&pace, true) - 3.0).abs() < 1e-9, "at once");
        let mut last = 3.0;
        for _ in 0..60 {
            tokio::time::advance(Duration::from_secs(1)).await;
            pace.begin(true).answered(millis(200));
            let now = seconds(&pace, true);
            assert!(now < last, "{now}");
            last = now;
        }
        assert!((0.2..0.7).contains(&last), "{last}");
        assert!(
            seconds(&pace, false).abs() < 1e-9,
            "whole answers are apart"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_average_fades_while_nobody_asks() {
        let pace = Arc::new(Pace::default());
        pace.begin(false).answered(millis(10_000));
        tokio::time::advance(FADE).await;
        let faded = seconds(&pace, false);
        assert!((3.67..3.69).contains(&faded), "{faded}");
        tokio::time::advance(10 * FADE).await;
        assert!(seconds(&pace, false) < 0.001);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_given_up_is_at_least_so_slow() {
        let pace = Arc::new(Pace::default());
        pace.begin(true).outlasted(millis(800));
        assert!((seconds(&pace, true) - 0.8).abs() < 1e-9, "unknown before");
        pace.begin(true).outlasted(millis(1_200));
        assert!((seconds(&pace, true) - 1.2).abs() < 1e-9, "raised");
        pace.begin(true).outlasted(millis(300));
        assert!((seconds(&pace, true) - 1.2).abs() < 1e-9, "never lowered");
        // Nor does it keep an average from fading.
        tokio::time::advance(FADE / 2).await;
        pace.begin(true).outlasted(millis(300));
        tokio::time::advance(FADE / 2).await;
        let faded = seconds(&pace, true);
        assert!((0.440..0.443).contains(&faded), "{faded}");
        assert!(
            seconds(&pace, false).abs() < 1e-9,
            "whole answers are apart"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_busy_weighs_more_and_who_fails_at_once_is_not_fast() {
        let pace = Arc::new(Pace::default());
        assert!(seconds(&pace, true).abs() < 1e-9, "untried, to be tried");
        let first = pace.begin(true);
        assert!(seconds(&pace, true) > 1e8, "by one alone");
        first.answered(millis(500));
        assert!((seconds(&pace, true) - 1.0).abs() < 1e-9, "two share it");
        drop(first);
        assert!((seconds(&pace, true) - 0.5).abs() < 1e-9);
        pace.begin(true).failed(millis(1));
        assert!((seconds(&pace, true) - 5.0).abs() < 1e-9);
        pace.begin(true).failed(millis(20_000));
        assert!((seconds(&pace, true) - 20.0).abs() < 1e-9);
    }
}
