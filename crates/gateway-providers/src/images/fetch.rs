//! Fetching images that a request names by their address: guarded, bounded in number, size and time, undecoded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use gateway_client::transport::{
    HttpTransportConfig, RequestBody, Transport, TransportError, TransportRequest,
    guard::{AddressPolicy, CallersUrl, GuardPolicy, GuardedTransport},
};
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use super::{
    find::{LinkedImage, linked_images},
    kind::{agrees, sniffed},
};
use crate::{
    TranslateError,
    mend::Edits,
    upstream::headers::{is_encoded, media_type},
};

/// How many images of one request are fetched at a time.
const AT_A_TIME: usize = 4;

/// What is asked for.
const ACCEPT: HeaderValue =
    HeaderValue::from_static("image/png, image/jpeg, image/webp, image/gif");

/// The bounds of what is fetched for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// How many images a request may name. Default 50.
    pub images: usize,
    /// How large all of them may be together, in bytes. Default 20 MiB.
    pub bytes: usize,
    /// How long all of them may take together. Default 10 s.
    pub time: Duration,
    /// How many requests may have images fetched for them at a time; further ones wait. Default 8.
    pub requests: usize,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            images: 50,
            bytes: 20 << 20,
            time: Duration::from_secs(10),
            requests: 8,
        }
    }
}

/// Fetches images. No credential, no cookie and no header of the caller goes to where they are.
#[derive(Debug)]
pub struct ImageFetcher {
    transport: GuardedTransport,
    limits: FetchLimits,
    places: Semaphore,
}

/// Why an image was not fetched. The words end the sentence "it cannot be fetched: ...".
type Why = String;

impl ImageFetcher {
    /// Fetches from public places at HTTPS's own port.
    ///
    /// # Errors
    /// As [`GuardedTransport::new`].
    pub fn new(config: HttpTransportConfig) -> Result<Self, TransportError> {
        let policy = GuardPolicy {
            public: true,
            ports: vec![443],
            addresses: AddressPolicy::public(),
            ..GuardPolicy::default()
        };
        let transport = GuardedTransport::new(policy, config)?;
        Ok(Self::over(transport, FetchLimits::default()))
    }

    /// Fetches through this transport within these bounds.
    pub fn over(transport: GuardedTransport, limits: FetchLimits) -> Self {
        Self {
            transport,
            limits,
            places: Semaphore::new(limits.requests),
        }
    }

    /// The images that a request names by their address.
    pub(super) fn find(&self, body: &RawObject) -> Result<Vec<LinkedImage>, TranslateError> {
        let images = linked_images(body.bytes());
        match images.get(self.limits.images) {
            None => Ok(images),
            Some(image) => {
                let most = self.limits.images;
                let why = format!("{most} images by their address are the most of a request");
                Err(refused(image, &why))
            }
        }
    }

    /// A place among the requests that have images fetched for them.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// The request with each image's bytes in the place of its address, every other byte as it was.
    ///
    /// # Errors
    /// The first image that cannot be had, with its member.
    pub(super) async fn inline(
        &self,
        body: &RawObject,
        images: &[LinkedImage],
    ) -> Result<RawObject, TranslateError> {
        let deadline = Instant::now() + self.limits.time;
        let room = AtomicUsize::new(self.limits.bytes);
        let mut first: Vec<&LinkedImage> = Vec::new();
        for image in images {
            if !first.iter().any(|known| known.url == image.url) {
                first.push(image);
            }
        }
        let fetching: Vec<_> = first
            .into_iter()
            .map(|image| self.fetched(image, deadline, &room))
            .collect();
        let fetched: Vec<(&str, Arc<str>)> = stream::iter(fetching)
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let mut edits = Edits::default();
        for image in images {
            let data = fetched.iter().find(|(url, _)| *url == image.url);
            if let Some((_, data)) = data {
                edits.replace(image.range.clone(), format!("\"{data}\""));
            }
        }
        let text = Bytes::from(edits.apply(body.bytes()).into_owned());
        // What was strict JSON is that still; the depth is the caller's, which was checked.
        RawObject::parse(text, ScanLimits { max_depth: 128 }).map_err(|error| {
            TranslateError::InvalidValue {
                param: "messages".to_owned(),
                message: error.to_string(),
            }
        })
    }

    /// An image's address and the image.
    async fn fetched<'i>(
        &self,
        image: &'i LinkedImage,
        deadline: Instant,
        room: &AtomicUsize,
    ) -> Result<(&'i str, Arc<str>), TranslateError> {
        let found = self.fetch(&image.url, deadline, room).await;
        let data = found.map_err(|why| refused(image, &why))?;
        Ok((&image.url, data))
    }

    /// One image as a `data:` URL.
    async fn fetch(
        &self,
        text: &str,
        deadline: Instant,
        room: &AtomicUsize,
    ) -> Result<Arc<str>, Why> {
        let url = CallersUrl::resource(text).map_err(|error| error.to_string())?;
        let late = |_| format!("it did not come within {} s", self.limits.time.as_secs());
        let fetching = async {
            let admitted = self.transport.admit(&url).await;
            let admitted = admitted.map_err(|error| error.to_string())?;
            let headers = [
                (header::ACCEPT, ACCEPT),
                (
                    header::ACCEPT_ENCODING,
                    HeaderValue::from_static("identity"),
                ),
            ];
            let request = TransportRequest {
                method: Method::GET,
                url: url.as_url().clone(),
                headers: HeaderMap::from_iter(headers),
                body: RequestBody::Empty,
                head_timeout: None,
            };
            let unreachable = |_| "its server could not be reached".to_owned();
            let response = admitted.send(request).await.map_err(unreachable)?;
            check_head(response.status, &response.headers)?;
            let declared = media_type(&response.headers);
            let bytes = self.read(response.body, room).await?;
            let kind = sniffed(&bytes).ok_or("it is no PNG, JPEG, GIF or WebP image")?;
            if !agrees(&declared, kind) {
                return Err(format!(
                    "its server says it is {declared:.40}, and it is {kind}"
                ));
            }
            Ok(format!("data:{kind};base64,{}", STANDARD.encode(&bytes)).into())
        };
        timeout_at(deadline, fetching).await.map_err(late)?
    }

    async fn read(
        &self,
        mut body: gateway_client::transport::ByteStream,
        room: &AtomicUsize,
    ) -> Result<Vec<u8>, Why> {
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| "its server broke off".to_owned())?;
            let take = |left: usize| left.checked_sub(piece.len());
            if room
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_err()
            {
                let most = self.limits.bytes;
                return Err(format!("the images are larger than {most} bytes together"));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

fn check_head(status: StatusCode, headers: &HeaderMap) -> Result<(), Why> {
    if status.is_redirection() {
        return Err("its server points to another address; give that one".to_owned());
    }
    if status != StatusCode::OK {
        return Err(format!("its server answered {}", status.as_u16()));
    }
    if is_encoded(headers) {
        return Err("its server sent it compressed".to_owned());
    }
    Ok(())
}

fn refused(image: &LinkedImage, why: &str) -> TranslateError {
    let param = image.param.clone();
    TranslateError::InvalidValue {
        message: format!(
            "`{param}`: this provider takes bytes only, and the image cannot be fetched: {why}. Send it as a data: URL."
        ),
        param,
    }
}
