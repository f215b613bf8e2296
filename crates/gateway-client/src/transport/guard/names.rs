//! Names whose addresses have been checked: the only ones that connections are made to.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::transport::DnsResolver;

/// The names of requests that are under way, each with addresses that were all checked.
#[derive(Debug, Default)]
pub(super) struct CheckedNames(Mutex<HashMap<String, Checked>>);

#[derive(Debug)]
struct Checked {
    addresses: Arc<[SocketAddr]>,
    /// How many requests hold the name.
    holders: usize,
}

/// A request's hold on a name. Let go of when dropped.
#[derive(Debug)]
pub(super) struct Hold {
    names: Arc<CheckedNames>,
    name: String,
}

impl CheckedNames {
    /// Keeps the addresses of a name for as long as the hold lives. Of two requests for one name the later one's
    /// count for both: they were checked as well.
    pub(super) fn hold(self: &Arc<Self>, name: &str, addresses: Vec<SocketAddr>) -> Hold {
        let mut names = self.lock();
        let checked = names.entry(name.to_owned()).or_insert_with(|| Checked {
            addresses: Arc::from([]),
            holders: 0,
        });
        checked.addresses = addresses.into();
        checked.holders += 1;
        drop(names);
        Hold {
            names: Arc::clone(self),
            name: name.to_owned(),
        }
    }

    /// The state is whole at every point where a holder of the lock could panic.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Checked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut names = self.names.lock();
        let Some(checked) = names.get_mut(&self.name) else {
            return;
        };
        checked.holders = checked.holders.saturating_sub(1);
        if checked.holders == 0 {
            names.remove(&self.name);
        }
    }
}

/// Resolves nothing: it gives what was checked, and refuses every other name.
#[async_trait]
impl DnsResolver for CheckedNames {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let names = self.lock();
        let checked = names.get(host).map(|checked| checked.addresses.to_vec());
        checked.ok_or_else(|| {
            io::Error::new(io::ErrorKind::PermissionDenied, "the name was not checked")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_there_while_it_is_held_and_no_longer() {
        let names = Arc::new(CheckedNames::default());
        let addresses: Vec<SocketAddr> = vec!["192.0.2.1:0".parse().unwrap()];
        assert!(names.resolve("a.example").await.is_err());
        let first = names.hold("a.example", addresses.clone());
        let second = names.hold("a.example", addresses.clone());
        drop(first);
        assert_eq!(names.resolve("a.example").await.unwrap(), addresses);
        assert!(names.resolve("b.example").await.is_err());
        drop(second);
        assert!(names.resolve("a.example").await.is_err());
        assert!(names.lock().is_empty());
    }
}
