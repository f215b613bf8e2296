//! What one row says.

use gateway_testkit::Reply;

/// One fault, and what follows from it.
#[derive(Debug)]
pub struct Row {
    /// The fault's number, e.g. `F17`.
    pub id: &'static str,
    /// What the upstream does, in words.
    pub what: &'static str,
    /// Which requests it is played to.
    pub on: On,
    /// What the upstream does.
    pub does: Does,
    /// What the client gets from one attempt.
    pub ends: Ends,
    /// Who is asked next.
    pub then: Then,
    /// The provider's own timeouts, as TOML; empty for long ones.
    pub timeouts: &'static str,
    /// The caller's patience: `x-opengateway-timeout`.
    pub patience: Option<&'static str>,
    /// Whether the upstream must see that it is no longer listened to.
    pub cancels: bool,
    /// Whether the row is about the request after this one, when the target is left alone.
    pub rests: bool,
}

/// Which requests a row is played to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Those for streams.
    Streams,
    /// Those for whole answers.
    Wholes,
    /// Both.
    Both,
}

/// What the upstream does.
#[derive(Debug, Clone, Copy)]
pub enum Does {
    /// Answers so.
    Replies(fn() -> Reply),
    /// Refuses connections.
    Refuses,
    /// Has a name that does not exist.
    IsNameless,
    /// Has a certificate that nobody has signed.
    IsUntrusted,
    /// Speaks no TLS where TLS is expected.
    SpeaksNoTls,
    /// Never accepts a connection.
    AcceptsNobody,
}

/// What the client gets.
#[derive(Debug, Clone, Copy)]
pub enum Ends {
    /// A whole answer or stream with this text.
    Whole(&'static str),
    /// A stream that says `Hello`, and then an error event of this type and code, or with the upstream's message.
    Broken(Said),
    /// An error before anything else.
    Error(Told),
}

/// An error as an answer.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Its status.
    pub status: u16,
    /// Its words.
    pub said: Said,
    /// What `x-attempts` calls it.
    pub attempt: &'static str,
    /// Whether the client may try again after one attempt (`x-should-retry`).
    pub retry: bool,
    /// How many seconds the upstream asked to wait, as the client is told it.
    pub wait: Option<u64>,
}

/// Whose words an error has.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    /// The gateway's: type and code.
    Ours(&'static str, &'static str),
    /// The upstream's: its body byte for byte, or in a stream a message that holds this.
    Theirs(&'static str),
}

/// Who is asked after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nobody.
    Nobody,
    /// The second target.
    Second,
    /// The second; without one the first once more.
    SecondOrAgain,
    /// The first once more, then the second.
    AgainThenSecond,
}

/// A row as most are.
pub(super) const fn row(id: &'static str, what: &'static str, on: On, reply: fn() -> Reply, ends: Ends, then: Then) -> Row {
    Row { id, what, on, does: Does::Replies(reply), ends, then, timeouts: "", patience: None, cancels: false, rests: false }
}

/// An answer that is none, in the gateway's words.
pub(super) const fn fault(status: u16, error_type: &'static str, code: &'static str) -> Told {
    Told { status, said: Said::Ours(error_type, code), attempt: code, retry: false, wait: None }
}

/// The upstream's own error, as it came.
pub(super) const fn theirs(status: u16, attempt: &'static str) -> Told {
    Told { status, said: Said::Theirs(""), attempt, retry: false, wait: None }
}

/// A stream that breaks, in the gateway's words.
pub(super) const fn broken(error_type: &'static str, code: &'static str) -> Ends {
    Ends::Broken(Said::Ours(error_type, code))
}

impl Told {
    /// The client may try again.
    pub(super) const fn again(mut self) -> Self {
        self.retry = true;
        self
    }

    /// The client may try again, after so many seconds, as the upstream said.
    pub(super) const fn after(mut self, seconds: u64) -> Self {
        self.wait = Some(seconds);
        self.again()
    }

    /// In the words of the gateway, although the upstream had a status.
    pub(super) const fn in_words(mut self, error_type: &'static str, code: &'static str) -> Self {
        self.said = Said::Ours(error_type, code);
        self
    }

    /// That, as an end.
    pub(super) const fn end(self) -> Ends {
        Ends::Error(self)
    }
}

impl Row {
    pub(super) const fn does(mut self, does: Does) -> Self {
        self.does = does;
        self
    }

    pub(super) const fn timeouts(mut self, timeouts: &'static str) -> Self {
        self.timeouts = timeouts;
        self
    }

    pub(super) const fn patience(mut self, patience: &'static str) -> Self {
        self.patience = Some(patience);
        self
    }

    pub(super) const fn cancels(mut self) -> Self {
        self.cancels = true;
        self
    }

    pub(super) const fn rests(mut self) -> Self {
        self.rests = true;
        self
    }

    /// How often the gateway asks the target when there is no other.
    pub fn tries_alone(&self) -> usize {
        match self.then {
            Then::SecondOrAgain | Then::AgainThenSecond => 2,
            Then::Nobody | Then::Second => 1,
        }
    }
}

impl Told {
    /// The retry law: a client that tries again after the gateway has multiplies the tries, so it is told not to,
    /// unless the upstream said when it is worth it.
    pub fn should_retry(&self, tries: usize) -> bool {
        let has_known_wait = self.wait.is_some() && matches!(self.status, 429 | 503);
        self.retry && (tries <= 1 || has_known_wait)
    }
}
