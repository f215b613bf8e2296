//! A provider's place, kept until the last byte of the answer.

use futures::{StreamExt, stream::BoxStream};
use gateway_router::Permit;

/// The same stream, which gives the place at its provider back when it is dropped, at its end or because the client has
/// gone. Where no place is held, the stream is as it was.
pub fn held<T: Send + 'static>(
    stream: BoxStream<'static, T>,
    permit: Option<Permit>,
) -> BoxStream<'static, T> {
    match permit {
        None => stream,
        Some(permit) => stream
            .map(move |item| {
                let _held = &permit;
                item
            })
            .boxed(),
    }
}
