//! What is asked and answered in the bench, known to the load generator, to the upstream and to the report.

/// The model that a request names decides how the upstream answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Canned {
    /// The model's name, without a provider.
    pub(crate) model: &'static str,
    /// How the answer comes.
    pub(crate) shape: Shape,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One JSON object of about this many bytes.
    Whole(usize),
    /// The same, [`SERVICE_MILLISECONDS`] after the request: a provider that works on it.
    Slow(usize),
    /// [`BURST_EVENTS`] events in one write, each an HTTP chunk of its own. With `usage_null`, each says
    /// `"usage":null`, as OpenAI's own do when usage was asked for.
    Burst {
        /// Whether events hold `"usage":null`.
        usage_null: bool,
    },
    /// One event every [`PACE_MILLISECONDS`], for as long as the client listens.
    Paced,
    /// One event, then silence.
    Idle,
}

/// Events in a burst: the last but one has the finish reason, the last one the usage. `[DONE]` follows.
pub(crate) const BURST_EVENTS: u64 = 100;

/// The time between two events of a paced stream.
pub(crate) const PACE_MILLISECONDS: u64 = 20;

/// How long a slow answer takes, whatever else is asked meanwhile.
pub(crate) const SERVICE_MILLISECONDS: u64 = 100;

/// All of them. No name is the beginning of another.
pub(crate) const CANNED: &[Canned] = &[
    Canned {
        model: "small-answer",
        shape: Shape::Whole(1_000),
    },
    Canned {
        model: "large-answer",
        shape: Shape::Whole(100_000),
    },
    Canned {
        model: "slow-reply",
        shape: Shape::Slow(1_000),
    },
    Canned {
        model: "burst",
        shape: Shape::Burst { usage_null: false },
    },
    Canned {
        model: "null-burst",
        shape: Shape::Burst { usage_null: true },
    },
    Canned {
        model: "paced",
        shape: Shape::Paced,
    },
    Canned {
        model: "idle",
        shape: Shape::Idle,
    },
];

impl Canned {
    /// The one of this name.
    pub(crate) fn named(model: &str) -> Option<Self> {
        CANNED.iter().copied().find(|canned| canned.model == model)
    }

    /// Whether the answer is an event stream.
    pub(crate) fn streams(self) -> bool {
        !matches!(self.shape, Shape::Whole(_) | Shape::Slow(_))
    }
}
