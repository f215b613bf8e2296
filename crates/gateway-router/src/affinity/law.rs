//! Where a request may go that carries opaque state of an earlier answer: to the target that made it, to those that
//! it is not kept from by what it is bound to ([`BINDINGS`](gateway_providers::state::BINDINGS)), and to nobody who would
//! refuse it or lose it without a word.

use std::sync::Arc;

use gateway_providers::{
    rules::ModelId,
    state::{CarriedState, Piece, StateKind, Taking, binding},
};

use super::key::Maker;
use crate::resolve::Target;

/// The state that a request carries, and what may become of it on the way to a target.
#[derive(Debug, Clone, Default)]
pub struct BoundState {
    carried: Option<Arc<CarriedState>>,
    /// Who made each piece, as far as that is remembered.
    makers: Vec<Option<Maker>>,
    /// `None` where the client decides: a single target gets what it is sent.
    law: Option<Arc<Law>>,
}

/// What decides beside the target itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Law {
    /// Who made each piece: who is remembered, else the target that has the conversation, where it could have.
    makers: Vec<Option<Maker>>,
    /// The provider that most likely made what nobody can tell the maker of: the first that could have, while nobody
    /// knows better.
    first: Option<String>,
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

/// A target as the law looks at it.
struct Place<'a> {
    target: &'a Target,
    model: ModelId,
    maker: Maker,
}

impl<'a> From<&'a Target> for Place<'a> {
    fn from(target: &'a Target) -> Self {
        let model = ModelId::from(target.model.as_str());
        let maker = Maker::with_name(target, model.name());
        Self {
            target,
            model,
            maker,
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
    /// This state, and who made each of its pieces as far as that is remembered.
    pub(super) fn new(state: CarriedState, makers: Vec<Option<Maker>>) -> Self {
        Self {
            carried: Some(Arc::new(state)),
            makers,
            law: None,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.carried.is_none()
    }

    /// Takes out the targets that the request may not go to, and puts those that take the state before those that get
    /// the request without it. The target that has the conversation, or made the newest of the state, comes first of
    /// those that take it, and then those with its provider and model. `may_leave` says whether state may be left
    /// behind.
    pub(super) fn restrict(
        &mut self,
        targets: &mut Vec<Target>,
        pinned: Option<Maker>,
        may_leave: bool,
    ) -> Result<(), StateBound> {
        let Some(carried) = self.carried.clone() else {
            return Ok(());
        };
        let places: Vec<Place<'_>> = targets.iter().map(Place::from).collect();
        let law = Law::new(&carried, &self.makers, &places, pinned, may_leave);
        let home = pinned.or_else(|| self.makers.iter().rev().find_map(|maker| *maker));
        let is_home = |place: &&Place<'_>| home.is_some_and(|home| home.place == place.maker.place);
        let at_home = places.iter().find(is_home).map(|place| place.target);
        let rank = |place: &Place<'_>| {
            let is_near = |home: &Target| {
                home.provider.name() == place.target.provider.name()
                    && home.model == place.target.model
            };
            match law.fit(place, &carried) {
                Fit::Never => None,
                _ if is_home(&place) => Some(0),
                Fit::Whole if at_home.is_some_and(is_near) => Some(1),
                Fit::Whole => Some(2),
                Fit::Without => Some(3),
            }
        };
        let mut ranked: Vec<(u8, Target)> = places
            .iter()
            .filter_map(|place| Some((rank(place)?, place.target.clone())))
            .collect();
        if ranked.is_empty() {
            return Err(refusal(&carried, &places, &law));
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
    ) -> Option<(&'a CarriedState, impl Fn(usize, &Piece) -> bool + 'a)> {
        let carried = self.carried.as_deref()?;
        let law = self.law.as_deref().filter(|law| law.may_leave)?;
        let place = Place::from(target);
        Some((carried, move |at: usize, piece: &Piece| {
            !law.goes_along(&place, at, piece)
        }))
    }
}

impl Law {
    fn new(
        carried: &CarriedState,
        remembered: &[Option<Maker>],
        places: &[Place<'_>],
        pinned: Option<Maker>,
        may_leave: bool,
    ) -> Self {
        let has_it = |place: &&Place<'_>| pinned.is_some_and(|it| it.place == place.maker.place);
        let at_home = places.iter().find(has_it);
        let maker = |(at, piece): (usize, &Piece)| {
            let known = remembered.get(at).copied().flatten();
            // Who has the conversation made its last answer, and so this piece, if it is of a form that it makes.
            // Of one that is not to be had now, that is only said of what nobody else claims.
            let made_at_home = || match at_home {
                Some(place) => place.may_make(piece),
                None => !places.iter().any(|it| it.taking(piece) == Taking::Takes),
            };
            known.or_else(|| pinned.filter(|_| made_at_home()))
        };
        let makers = carried.pieces().iter().enumerate().map(maker).collect();
        let mut law = Self {
            makers,
            first: None,
            may_leave,
        };
        let could_be = |place: &&Place<'_>| {
            let mut pieces = carried.pieces().iter().enumerate();
            pieces.all(|(at, piece)| match law.maker(at) {
                Some(maker) => place.takes_from(maker, piece),
                None => place.may_make(piece),
            })
        };
        let first = places.iter().find(could_be);
        law.first = first.map(|place| place.target.provider.name().to_owned());
        law
    }

    fn maker(&self, at: usize) -> Option<Maker> {
        self.makers.get(at).copied().flatten()
    }

    fn fit(&self, place: &Place<'_>, carried: &CarriedState) -> Fit {
        let pieces = carried.pieces().iter().enumerate();
        let stays = |(at, piece): &(usize, &Piece)| !self.goes_along(place, *at, piece);
        let mut stays = pieces.filter(stays).peekable();
        if stays.peek().is_none() {
            Fit::Whole
        } else if self.may_leave && stays.all(|(_, piece)| piece.may_be_left()) {
            Fit::Without
        } else {
            Fit::Never
        }
    }

    fn goes_along(&self, place: &Place<'_>, at: usize, piece: &Piece) -> bool {
        if let Some(maker) = self.maker(at) {
            return place.takes_from(maker, piece);
        }
        match place.taking(piece) {
            Taking::Takes => true,
            Taking::Refuses => false,
            Taking::Unsure => self.first.as_deref() == Some(place.target.provider.name()),
        }
    }
}

impl Place<'_> {
    fn taking(&self, piece: &Piece) -> Taking {
        let target = self.target;
        target.provider.takes_state(&target.model, piece.kind())
    }

    /// Whether it understands the form, as far as that can be told, and is who the piece is addressed to.
    fn may_make(&self, piece: &Piece) -> bool {
        let provider = &self.target.provider;
        let is_meant = piece.addressee().is_none_or(|name| {
            let dialects = StateKind::Named(name.into());
            name == provider.name()
                || name == provider.vendor()
                || provider.takes_state(&self.target.model, &dialects) == Taking::Takes
        });
        is_meant && self.taking(piece) != Taking::Refuses
    }

    /// Whether it takes back what this one made.
    fn takes_from(&self, maker: Maker, piece: &Piece) -> bool {
        if self.taking(piece) == Taking::Refuses {
            return false;
        }
        let is_itself = maker.place == self.maker.place;
        is_itself
            || binding(piece.kind(), &self.model).is_some_and(|bound| {
                (!bound.to_model || maker.has_model_of(self.maker))
                    && (!bound.to_account || maker.has_account_of(self.maker))
            })
    }
}

fn refusal(carried: &CarriedState, places: &[Place<'_>], law: &Law) -> StateBound {
    let pieces = carried.pieces();
    let goes_nowhere = |(at, piece): &(usize, &Piece)| {
        let goes = |place: &Place<'_>| law.goes_along(place, *at, piece);
        let is_left = law.may_leave && piece.may_be_left();
        !is_left && !places.iter().any(goes)
    };
    let culprit = pieces.iter().enumerate().find(goes_nowhere);
    let Some((_, piece)) = culprit.or_else(|| pieces.iter().enumerate().next()) else {
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
        StateKind::Resource => "names what only the account has that keeps it".to_owned(),
    };
    let advice = if piece.may_be_left() {
        "Send the conversation to the model that it began with, or leave the member out; the operator can let it be \
         left behind with `leave_state_behind = true` in the alias."
    } else if *piece.kind() == StateKind::Resource {
        "Send the request to the provider that keeps it, or send the content itself."
    } else {
        "Send the conversation to the model that it began with, or send its messages whole."
    };
    StateBound(
        format!("`{path}` {what}, and no target that may be asked takes it. {advice}"),
        path.to_owned(),
    )
}
