//! The layers put together: defaults, file, environment, flags.

use std::{
    fmt, fs, io,
    path::{Path as FilePath, PathBuf},
};

use super::{
    decode::decode,
    document::Document,
    environment::Environment,
    interpolate::{fill_in, named_files, read_secret_files},
    ledger::Ledger,
    path::Path,
    problem::{Problem, Problems},
    resolve::{Written, resolve},
    section::Config,
    settings::Settings,
    variables::{lay_flags, lay_over},
};

/// The file that is read when none is named, if it is there.
pub const USUAL_FILE: &str = "gateway.toml";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "GATEWAY_CONFIG";

/// A configuration file is not larger than this many bytes.
const LARGEST_FILE: u64 = 8 << 20;

/// A configuration file's text.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its path as it was asked for; problems are reported under this name.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// The text may hold secrets and is not shown.
impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Finds and reads the file: the one that is asked for, else the one that [`FILE_VARIABLE`] names, else
    /// [`USUAL_FILE`] in the working folder if it is there, else none.
    ///
    /// # Errors
    /// A file that was named, or is there, and cannot be read.
    pub fn find(
        asked: Option<&FilePath>,
        environment: &Environment,
    ) -> Result<Option<Self>, Problems> {
        let named = asked
            .map(FilePath::to_owned)
            .or_else(|| environment.value(FILE_VARIABLE).map(PathBuf::from));
        match named {
            Some(path) => Self::read(&path).map(Some),
            None if FilePath::new(USUAL_FILE).exists() => {
                Self::read(FilePath::new(USUAL_FILE)).map(Some)
            }
            None => Ok(None),
        }
    }

    /// The text without a byte order mark.
    fn plain(&self) -> &str {
        self.text.strip_prefix('\u{feff}').unwrap_or(&self.text)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Whatever keeps it from being read, in one problem.
    pub fn read(path: &FilePath) -> Result<Self, Problems> {
        let read = || {
            if fs::metadata(path)?.len() > LARGEST_FILE {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    "it is larger than 8 MiB",
                ));
            }
            fs::read_to_string(path)
        };
        let text = read().map_err(|error| {
            Problems(vec![Problem {
                position: None,
                key: String::new(),
                message: format!(
                    "the configuration file {} cannot be read: {error}",
                    path.display()
                ),
                help: Some(format!("name another with --config or {FILE_VARIABLE}")),
            }])
        })?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }
}

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// Addresses in place of all others.
    pub listen: Vec<String>,
    /// The port of the address, its host left as it is.
    pub port: Option<u16>,
}

/// The files that a configuration names, whether or not anything else about it is right: secrets in files,
/// certificates and keys. None for a text that is not TOML.
pub fn referenced_files(file: Option<&ConfigFile>, environment: &Environment) -> Vec<PathBuf> {
    let text = file.map_or("", ConfigFile::plain);
    let Ok(mut document) = Document::parse("", text) else {
        return Vec::new();
    };
    let _ = fill_in(&mut document, environment);
    let _ = lay_over(&mut document, environment);
    named_files(&document, folder_of(file))
}

fn folder_of(file: Option<&ConfigFile>) -> &FilePath {
    file.and_then(|file| file.path.parent())
        .unwrap_or(FilePath::new(""))
}

/// Puts the layers together (defaults, file, environment, flags) and checks the result.
///
/// ```
/// use gateway_server::config::{ConfigFile, Environment, Flags, Mode, load};
///
/// let file = ConfigFile {
///     path: "gateway.toml".into(),
///     text: "[providers.lab]\nvendor = \"vllm\"\nbase_url = \"http://10.0.0.5:8000\"\n".into(),
/// };
/// let environment: Environment = [("API_KEYS", "a-key-for-the-team")].into_iter().collect();
/// let settings = load(Some(&file), &environment, &Flags::default())?;
/// assert_eq!(settings.mode, Mode::MultiProvider);
/// assert_eq!(settings.providers[0].settings.base_url.as_str(), "http://10.0.0.5:8000/v1");
/// # Ok::<(), gateway_server::config::Problems>(())
/// ```
///
/// # Errors
/// Everything that is wrong, each with its place and what to change. No value is in it.
pub fn load(
    file: Option<&ConfigFile>,
    environment: &Environment,
    flags: &Flags,
) -> Result<Settings, Problems> {
    let mut document = match file {
        Some(file) => Document::parse(&file.path.display().to_string(), file.plain())
            .map_err(Problems::sorted)?,
        None => Document::empty(),
    };
    let mut ledger = Ledger::default();
    let unset = fill_in(&mut document, environment);
    let notes = lay_over(&mut document, environment);
    lay_flags(&mut document, &flags.listen, flags.port);
    // What a higher layer replaced needs no variable any more.
    let unset = unset.into_iter().filter(|finding| {
        document
            .text(&finding.path)
            .is_some_and(|t| t.contains("${"))
    });
    let unset = unset.collect();
    ledger.reject(&mut document, unset);
    for (finding, origin) in notes.findings {
        ledger.refuse(finding, origin);
    }
    for warning in notes.warnings {
        ledger.warn(warning);
    }
    let unread = read_secret_files(&mut document, folder_of(file));
    ledger.reject(&mut document, unread);
    // Before those that cannot be read are taken out.
    let provider_names = document.keys(&Path::of(&["providers"]));
    let (config, mistakes) = decode::<Config>(&mut document);
    for mistake in mistakes {
        ledger.mistake(mistake);
    }
    let settings = resolve(
        config,
        Written {
            document: &document,
            providers: provider_names,
        },
        environment,
        &mut ledger,
    );
    let warnings = ledger.close()?;
    settings
        .map(|settings| Settings {
            warnings,
            ..settings
        })
        .ok_or_else(|| Problems(Vec::new()))
}
