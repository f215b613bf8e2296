//! The command line: what it can say, and the commands that only look at the configuration.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::config::{
    ConfigFile, Environment, Flags, Problems, Settings, Summary, json_schema, load,
};
use crate::{explain::Question, reload::Sources};

/// What a process ends with when its configuration is wrong. A wrong command line ends with 2.
pub const BAD_CONFIGURATION: u8 = 1;

/// The command line of `gateway`.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(
    name = "gateway",
    version,
    about = "One OpenAI-compatible endpoint in front of every model.",
    long_about = "One OpenAI-compatible endpoint in front of every model.\n\nWithout a command it serves. With nothing \
                  configured it serves a built-in demo provider on 127.0.0.1:8080.",
    after_help = AFTER_HELP
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub options: Options,
    /// What to do in place of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER_HELP: &str = "\
Configuration: defaults, then the file, then the environment, then these options; the later wins.
  OPENAI_API_KEY, GROQ_API_KEY, ...  switch those providers on
  BACKEND_URL=http://host:8000       one backend, with BACKEND=vllm|sglang|tgi|ollama|localai|llamacpp|openai
  API_KEYS=key1,key2                 the keys that callers need
  LISTEN=0.0.0.0:8080                where to listen
docs/configuration.md has them all.";

/// What holds for every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Options {
    /// The configuration file. When left out: $GATEWAY_CONFIG, or gateway.toml in this folder if it is there.
    #[arg(long, short, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// An address to listen on, host:port, in place of all others. May be given several times.
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Vec<String>,
    /// The port to listen on, with the host as configured.
    #[arg(long, short, global = true, value_name = "N")]
    pub port: Option<u16>,
}

/// A command in place of serving.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Checks the configuration: prints what it comes to, or everything that is wrong with it.
    Check,
    /// Prints where a model's name leads, and why. Nothing is asked of a model; the providers' lists are fetched.
    Explain(Question),
    /// Prints the JSON Schema of the configuration file.
    ConfigSchema,
    /// Prints the OpenAPI document of the endpoints, in OpenAPI 3.1.
    Openapi,
}

/// A configuration and the file that it was read from.
#[derive(Debug)]
pub struct Loaded {
    /// The file, where there was one.
    pub file: Option<PathBuf>,
    /// The checked configuration.
    pub settings: Settings,
    /// The files that it comes from, and what was in them.
    pub sources: Sources,
}

impl Options {
    /// Reads and checks the configuration that these options and the environment ask for.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self, environment: &Environment) -> Result<Loaded, Problems> {
        let file = self.file(environment)?;
        // Before the files that it names are read: what changes in between is seen to be another.
        let sources = Sources::of(file.as_ref(), environment);
        let settings = self.settings(file.as_ref(), environment)?;
        Ok(Loaded {
            file: file.map(|file| file.path),
            sources: sources.and(settings.credentials_files()),
            settings,
        })
    }

    /// The file that these options and the environment ask for.
    pub(crate) fn file(&self, environment: &Environment) -> Result<Option<ConfigFile>, Problems> {
        ConfigFile::find(self.config.as_deref(), environment)
    }

    /// What the file comes to, with the environment and these options above it.
    pub(crate) fn settings(
        &self,
        file: Option<&ConfigFile>,
        environment: &Environment,
    ) -> Result<Settings, Problems> {
        let flags = Flags {
            listen: self.listen.clone(),
            port: self.port,
        };
        load(file, environment, &flags)
    }

    /// `gateway check`: writes what the configuration comes to, or all of its problems. Gives the process's end.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn check(&self, environment: &Environment, out: &mut dyn Write) -> io::Result<ExitCode> {
        match self.load(environment) {
            Ok(Loaded { file, settings, .. }) => {
                match file {
                    Some(path) => writeln!(out, "{} is good.\n", path.display())?,
                    None => writeln!(
                        out,
                        "There is no configuration file; the environment is good.\n"
                    )?,
                }
                write!(out, "{}", Summary(&settings))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(problems) => {
                writeln!(out, "{problems}")?;
                Ok(ExitCode::from(BAD_CONFIGURATION))
            }
        }
    }
}

/// `gateway config-schema`: writes the JSON Schema of the configuration file, indented, with a line break at its end.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_config_schema(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:#}", json_schema())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Cli {
        Cli::try_parse_from(["gateway"].iter().chain(arguments)).unwrap()
    }

    #[test]
    fn the_command_line_is_sound_and_options_stand_on_either_side_of_a_command() {
        Cli::command().debug_assert();
        let before = parse(&["--config", "a.toml", "check"]);
        assert_eq!(before, parse(&["check", "--config", "a.toml"]));
        assert_eq!(before.command, Some(Command::Check));
        let serve = parse(&["--listen", "*:80", "--listen", "[::1]:81", "-p", "9"]);
        assert_eq!(serve.options.listen, ["*:80", "[::1]:81"]);
        assert_eq!((serve.options.port, serve.command), (Some(9), None));
        assert!(Cli::try_parse_from(["gateway", "serv"]).is_err());
    }

    #[test]
    fn check_says_what_it_found_or_everything_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        let options = Options {
            config: Some(path.clone()),
            ..Options::default()
        };
        let run = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let mut out = Vec::new();
            let code = options.check(&Environment::default(), &mut out).unwrap();
            (format!("{code:?}"), String::from_utf8(out).unwrap())
        };
        let (code, text) = run("[backend]\nurl = 'http://127.0.0.1:8000'\n");
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS));
        assert!(
            text.contains("is good") && text.contains("single backend"),
            "{text}"
        );
        let (code, text) = run("[server]\nlisen = 1\n[limits]\nmax_headers = 0\n");
        assert_eq!(code, format!("{:?}", ExitCode::from(BAD_CONFIGURATION)));
        assert!(
            text.contains(":2:1: server.lisen") && text.contains(":4:15: limits.max_headers"),
            "{text}"
        );
        assert!(
            text.ends_with("2 problems in the configuration\n"),
            "{text}"
        );
        std::fs::remove_file(&path).unwrap();
        assert!(
            options
                .load(&Environment::default())
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }
}
