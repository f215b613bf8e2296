//! Where a request may go that carries opaque state of an earlier answer: to the target that has the conversation, to
//! those that take the state's form, and to nobody who would refuse it or lose it without a word.

use std::sync::Arc;

use gateway_providers::state::{CarriedState, Piece, StateKind, Taking};

use super::key::Place;
use crate::resolve::Target;

/// The state that a request carries, and what may become of it on the way to a target.
#[derive(Debug, Clone, Default)]
pub struct BoundState {
    carried: Option<Arc<CarriedState>>,
    /// `None` where the client decides: a single target gets what it is sent.
    law: Option<Arc<Law>>,
}

/// What decides beside the target itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Law {
    /// The target that has the conversation.
    pinned: Option<Place>,
    /// Who most likely made what nobody can tell the maker of: the first that could have, while nobody knows better.
    maker: Option<String>,
    may_leave: bool,
}

/// Why a request may go nowhere. The text is for the caller; it names no host and no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0)]
pub struct StateBound(String, String);

/// What a target would do with all of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It goes there as it is.
    Whole,
    /// It goes there without what the target does not take.
    Without,
    Never,
}

impl From<CarriedState> for BoundState {
    fn from(state: CarriedState) -> Self {
        Self {
            carried: (!state.is_empty()).then(|| Arc::new(state)),
            law: None,
        }
    }
}

impl StateBound {
    /// The path of the first piece that holds the request.
    pub fn param(&self) -> &str {
        &self.1
    }
}

impl BoundState {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.carried.is_none()
    }

    /// Takes out the targets that the request may not go to, and puts those that take the state before those that get
    /// the request without it. Of several that take it, those with the provider and the model of the pinned one come
    /// first. `may_leave` says whether state may be left behind.
    pub(super) fn restrict(
        &mut self,
        targets: &mut Vec<Target>,
        pinned: Option<Place>,
        may_leave: bool,
    ) -> Result<(), StateBound> {
        let Some(carried) = self.carried.clone() else {
            return Ok(());
        };
        let law = Law {
            pinned,
            maker: pinned.is_none().then(|| maker(targets, &carried)).flatten(),
            may_leave,
        };
        let home = targets.iter().find(|target| law.is_pinned(target)).cloned();
        let rank = |target: &Target| {
            let fit = law.fit(target, &carried);
            let is_near = |home: &Target| {
                home.provider.name() == target.provider.name() && home.model == target.model
            };
            match fit {
                Fit::Never => None,
                _ if law.is_pinned(target) => Some(0),
                Fit::Whole if home.as_ref().is_some_and(is_near) => Some(1),
                Fit::Whole => Some(2),
                Fit::Without => Some(3),
            }
        };
        let mut ranked: Vec<(u8, Target)> = targets
            .iter()
            .filter_map(|target| Some((rank(target)?, target.clone())))
            .collect();
        if ranked.is_empty() {
            return Err(refusal(&carried, targets, &law));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        *targets = ranked.into_iter().map(|(_, target)| target).collect();
        self.law = Some(Arc::new(law));
        Ok(())
    }

    /// The state, and whether a piece of it is left behind on the way to this target; `None` where all goes along.
    pub(crate) fn left_behind<'a>(
        &'a self,
        target: &'a Target,
    ) -> Option<(&'a CarriedState, impl Fn(&Piece) -> bool + 'a)> {
        let carried = self.carried.as_deref()?;
        let law = self.law.as_deref().filter(|law| law.may_leave)?;
        Some((carried, move |piece: &Piece| !law.goes_along(target, piece)))
    }
}

impl Law {
    fn is_pinned(&self, target: &Target) -> bool {
        self.pinned == Some(Place::of(target))
    }

    fn fit(&self, target: &Target, carried: &CarriedState) -> Fit {
        let stays = |piece: &&Piece| !self.goes_along(target, piece);
        let mut stays = carried.pieces().iter().filter(stays).peekable();
        if stays.peek().is_none() {
            Fit::Whole
        } else if self.may_leave && stays.all(Piece::may_be_left) {
            Fit::Without
        } else {
            Fit::Never
        }
    }

    fn goes_along(&self, target: &Target, piece: &Piece) -> bool {
        match target.provider.takes_state(&target.model, piece.kind()) {
            Taking::Takes => true,
            Taking::Refuses => false,
            Taking::Unsure => {
                self.is_pinned(target) || self.maker.as_deref() == Some(target.provider.name())
            }
        }
    }
}

/// The first provider that does not refuse any of it.
fn maker(targets: &[Target], carried: &CarriedState) -> Option<String> {
    let could_be = |target: &&Target| {
        carried.pieces().iter().all(|piece| {
            target.provider.takes_state(&target.model, piece.kind()) != Taking::Refuses
        })
    };
    let first = targets.iter().find(could_be);
    first.map(|target| target.provider.name().to_owned())
}

fn refusal(carried: &CarriedState, targets: &[Target], law: &Law) -> StateBound {
    let pieces = carried.pieces();
    let goes_nowhere = |piece: &&Piece| {
        let goes = |target: &Target| law.goes_along(target, piece);
        let is_left = law.may_leave && piece.may_be_left();
        !is_left && !targets.iter().any(goes)
    };
    let culprit = pieces.iter().find(goes_nowhere).or(pieces.first());
    let Some(piece) = culprit else {
        return StateBound(String::new(), String::new());
    };
    let path = piece.path();
    let what = match piece.kind() {
        StateKind::Named(name) if !name.is_empty() => {
            let name: String = name.chars().take(64).collect();
            format!("holds state of an earlier answer that only its maker reads (`{name}`)")
        }
        StateKind::Named(_) | StateKind::Encrypted => {
            "holds state of an earlier answer that only its maker reads".to_owned()
        }
        StateKind::Stored => "names what only the provider knows that keeps it".to_owned(),
    };
    let advice = if piece.may_be_left() {
        "Send the conversation to the model that it began with, or leave the member out; the operator can let it be \
         left behind with `leave_state_behind = true` in the alias."
    } else {
        "Send the conversation to the model that it began with, or send its messages whole."
    };
    StateBound(
        format!("`{path}` {what}, and no target that may be asked takes it. {advice}"),
        path.to_owned(),
    )
}
