//! The files that a configuration comes from, and what was in them: whether it has to be read again is told by their
//! contents alone, since a file is touched, replaced and linked anew in many ways.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::config::{ConfigFile, Environment, referenced_files};

/// No file of a configuration is larger than this many bytes.
const LARGEST: u64 = 8 << 20;

/// What was in a file, as a hash; `None` where it could not be read.
type Print = Option<[u8; 32]>;

/// Files, and what was in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    prints: BTreeMap<PathBuf, Print>,
}

impl Sources {
    /// A configuration's file as it was read, and the files that it names as they are now.
    pub fn of(file: Option<&ConfigFile>, environment: &Environment) -> Self {
        let named = referenced_files(file, environment).into_iter();
        let mut prints: BTreeMap<_, _> = named.map(with_print).collect();
        if let Some(file) = file {
            let print = Sha256::digest(file.text.as_bytes()).into();
            prints.insert(file.path.clone(), Some(print));
        }
        Self { prints }
    }

    /// These files as they are now.
    pub fn of_files(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            prints: files.into_iter().map(with_print).collect(),
        }
    }

    /// These, and further files as they are now.
    #[must_use]
    pub fn and(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        for file in files {
            if !self.prints.contains_key(&file) {
                self.prints.extend([with_print(file)]);
            }
        }
        self
    }

    /// The files.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.prints.keys().cloned()
    }

    /// Whether each of the files could be read.
    pub fn are_readable(&self) -> bool {
        self.prints.values().all(Option::is_some)
    }

    /// The same files as they are now.
    #[must_use]
    pub fn again(&self) -> Self {
        Self::of_files(self.files())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    /// The folders in which something happens when one of the files changes: where each file is, and where it really is
    /// if that is a link. A folder that is not there cannot be watched, and must not keep the others from it.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        let real = self
            .prints
            .keys()
            .filter_map(|file| file.canonicalize().ok());
        let all = self.prints.keys().cloned().chain(real);
        all.filter_map(|file| folder_of(&file))
            .filter(|folder| folder.is_dir())
            .collect()
    }
}

fn with_print(file: PathBuf) -> (PathBuf, Print) {
    let print = print(&file);
    (file, print)
}

fn print(file: &Path) -> Print {
    let mut contents = Vec::new();
    File::open(file)
        .ok()?
        .take(LARGEST + 1)
        .read_to_end(&mut contents)
        .ok()?;
    Some(Sha256::digest(&contents).into())
}

fn folder_of(file: &Path) -> Option<PathBuf> {
    let folder = file.parent()?;
    if folder.as_os_str().is_empty() {
        return Some(PathBuf::from("."));
    }
    Some(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_those_that_the_text_names_even_where_it_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("key");
        std::fs::write(&secret, "sk-one").unwrap();
        let file = ConfigFile {
            path: folder.path().join("gateway.toml"),
            text:
                "[server.tls]\ncert_path = 'elsewhere/cert.pem'\n[connection]\nca_file = 'ca.pem'\n\
                   [providers.a]\napi_key = 'file:key'\nnonsense = 1\n\
                   [providers.b]\nbase_url = 'file:no-secret'\nheaders = { x = '${KEY_FILE}' }\n"
                    .to_owned(),
        };
        let environment: Environment = [("KEY_FILE", "file:/run/secrets/b")].into_iter().collect();
        std::fs::write(&file.path, &file.text).unwrap();
        let sources = Sources::of(Some(&file), &environment);
        let expected = [
            PathBuf::from("/run/secrets/b"),
            "elsewhere/cert.pem".into(),
            "ca.pem".into(),
            file.path.clone(),
            secret.clone(),
        ];
        let mut names: Vec<_> = sources.prints.keys().cloned().collect();
        names.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(names, expected);
        assert_eq!(sources.again(), sources);

        std::fs::write(&secret, "sk-two").unwrap();
        assert_ne!(sources.again(), sources);
        std::fs::write(&secret, "sk-one").unwrap();
        assert_eq!(sources.again(), sources, "what is there counts");
        std::fs::remove_file(&file.path).unwrap();
        assert_ne!(sources.again(), sources);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_watched_where_it_is_and_where_it_leads() {
        let folder = tempfile::tempdir().unwrap();
        let (one, link) = (folder.path().join("one"), folder.path().join("at/here"));
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::fs::write(&one, "").unwrap();
        std::os::unix::fs::symlink(&one, &link).unwrap();
        let sources = Sources {
            prints: [with_print(link.clone())].into_iter().collect(),
        };
        let folders = sources.folders();
        assert!(folders.contains(link.parent().unwrap()), "{folders:?}");
        assert_eq!(folders.len(), 2, "{folders:?}");
    }
}
