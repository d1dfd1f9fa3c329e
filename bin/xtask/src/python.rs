//! The virtual environment with the Python packages that tests compare against.
//!
//! Owns the environment in the target folder. The packages are chosen in `tools/python-requirements.txt`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process::{run, succeeds};
use crate::workspace::Workspace;

fn environment(workspace: &Workspace) -> PathBuf {
    workspace.target().join("tools/venv")
}

pub fn interpreter(workspace: &Workspace) -> PathBuf {
    environment(workspace).join("bin/python")
}

/// Makes the environment, unless it is there with exactly these requirements and still runs.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    let requirements = workspace.root().join("tools/python-requirements.txt");
    let wanted = fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let environment = environment(workspace);
    let interpreter = interpreter(workspace);

    // The stamp is the requirements themselves, written last. An environment also breaks when the Python that it was
    // made with is removed or replaced by another version.
    let stamp = environment.join("installed-requirements.txt");
    let is_current = fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    if is_current && succeeds(Command::new(&interpreter).args(["-c", "import pip"])) {
        return Ok(());
    }

    println!("installing Python packages into {}", environment.display());
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut pip = Command::new(&interpreter);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--requirement",
    ]);
    run(pip.arg(&requirements).stdin(Stdio::null()))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
