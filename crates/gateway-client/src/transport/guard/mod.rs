//! Requests to places that somebody else chose: a caller's own endpoint, an image by its address.
//!
//! Whoever fetches what others name can be sent to places that only the fetcher reaches: the machine itself, its
//! network, the address where a cloud hands out credentials (server-side request forgery). The rules here:
//!
//! - the text is read once, by the `url` crate, and what could be read in two ways is refused ([`CallersUrl`]);
//! - the place must be listed, or public and at one of the configured ports ([`GuardPolicy`]);
//! - its name is resolved once, *every* address must be one that may be called ([`AddressPolicy`]), and the connection
//!   goes to one of exactly these addresses: a name that means something else a moment later changes nothing. `Host`
//!   and the name in the TLS handshake stay the name's;
//! - redirects are not followed, no proxy is asked, and no connection is kept: each request is checked anew, and none
//!   shares a connection with another caller's.
//!
//! Why a name is refused is not told to the caller: a name that does not exist and one that leads inside look alike.

mod address;
mod kind;
mod names;
mod policy;
mod range;
mod transport;
mod url;

pub use self::{
    address::AddressPolicy,
    kind::AddressKind,
    policy::{GuardError, GuardPolicy, Unresolved},
    range::{AddressRange, AddressRangeError},
    transport::{Admitted, GuardedTransport},
    url::{CallersUrl, CallersUrlError},
};
