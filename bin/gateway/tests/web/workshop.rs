//! A folder to work in, with Node and the packages of `tools/web` within reach.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

pub struct Workshop {
    folder: TempDir,
    tools: PathBuf,
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

impl Workshop {
    /// Node looks for packages in the folders above a program, so the folder lies beside `node_modules`.
    pub fn open() -> Self {
        let tools = testkit::web();
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&tools).unwrap();
        Self { folder, tools }
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let file = self.at(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// Copies a folder of the repository, but for what git ignores there.
    pub fn copy(&self, from: &str, to: &str) {
        copy(&repository().join(from), &self.at(to));
    }

    /// Runs a program of an installed package, and says what it said. It must succeed.
    #[track_caller]
    pub fn run(&self, program: &str, args: &[&str]) -> impl Future<Output = String> + use<> {
        let program = self.tools.join("node_modules").join(program);
        self.node(
            &[&[program.as_os_str()], args.iter().map(OsStr::new).collect::<Vec<_>>().as_slice()].concat(),
            &[],
        )
    }

    /// Runs a program of ours.
    #[track_caller]
    pub fn node(&self, args: &[&OsStr], variables: &[(&str, &str)]) -> impl Future<Output = String> + use<> {
        let mut node = Command::new(self.tools.join("node"));
        node.args(args).envs(variables.iter().copied()).current_dir(self.folder.path());
        // Nobody is told of our tests, and no proxy stands between them and a server of this machine.
        node.env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
            .env("NO_PROXY", "127.0.0.1");
        node.stdin(Stdio::null()).kill_on_drop(true);
        let name = format!("{:?}", node.as_std());
        async move {
            let ran = node.output().await.unwrap();
            let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success(), "{name}\n{said}");
            said.into_owned()
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (name, kind) = (entry.file_name(), entry.file_type().unwrap());
        if kind.is_dir() && name != "node_modules" && name != "dist" {
            copy(&entry.path(), &to.join(name));
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
