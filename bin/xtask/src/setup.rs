//! What this machine must have, and getting it.
//!
//! Owns the list of needs and how each is recognized. How packages are installed is [`debian`]'s part, and Python's
//! packages [`python`]'s and Node's [`node`]'s.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use devstack::{Postgres, RabbitMq};

use crate::node::Choices;
use crate::process::{find_program, succeeds};
use crate::workspace::Workspace;
use crate::{debian, node, python};

/// For what the machine is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The gateway with a database of somebody else's.
    Gateway,
    /// The gateway with its own database.
    EmbeddedGateway,
    /// Gateway and worker with the servers between them.
    FullSystem,
    /// The tests and microbenchmarks.
    Tests,
    /// What others make thumbnails with.
    Thumbnails,
}

/// Something a machine has or lacks.
struct Need {
    /// For people whose system we cannot install it on.
    what: &'static str,
    packages: &'static [&'static str],
    is_met: fn() -> bool,
}

/// Only the linker's part of this is ever missing: without a C compiler cargo could not have built this program.
const COMPILER: Need = Need {
    what: "a C compiler (`cc`)",
    packages: &["gcc", "libc6-dev"],
    is_met: || find_program("cc").is_some(),
};

const POSTGRESQL: Need = Need {
    what: "PostgreSQL 14 or newer, server and client programs, with its contrib extensions",
    packages: &["postgresql", "postgresql-contrib"],
    is_met: || Postgres::binaries().is_ok(),
};

const RABBITMQ: Need = Need {
    what: "RabbitMQ 3.10 or newer (`rabbitmq-server`)",
    packages: &["rabbitmq-server"],
    is_met: RabbitMq::is_installed,
};

const PYTHON: Need = Need {
    what: "Python 3.10 or newer with its venv module",
    packages: &["python3", "python3-venv"],
    is_met: || succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])),
};

/// The examples of the documentation are run as they are written.
const CURL: Need =
    Need { what: "curl, 7.63 or newer", packages: &["curl"], is_met: || find_program("curl").is_some() };

const VIPS: Need = Need {
    what: "vipsthumbnail of libvips",
    packages: &["libvips-tools"],
    is_met: || find_program("vipsthumbnail").is_some(),
};

/// Makes builds faster; nothing fails without it.
const LINKER: Need =
    Need { what: "the linker mold", packages: &["mold"], is_met: || find_program("mold").is_some() };

/// Installs what is missing. Cheap where nothing is.
pub fn ensure(workspace: &Workspace, needs: Needs) -> Result<()> {
    let mut required = vec![COMPILER];
    if !matches!(needs, Needs::Gateway | Needs::Thumbnails) {
        if env::var_os("PG_BIN").is_some() {
            // No package would make a wrong choice right.
            Postgres::binaries()?;
        }
        required.push(POSTGRESQL);
    }
    if matches!(needs, Needs::FullSystem | Needs::Tests) {
        required.push(RABBITMQ);
    }
    match needs {
        Needs::Tests => required.extend([PYTHON, CURL]),
        Needs::Thumbnails => required.extend([PYTHON, VIPS]),
        Needs::Gateway | Needs::EmbeddedGateway | Needs::FullSystem => {}
    }
    required.retain(|need| !(need.is_met)());
    // One refusal is remembered: asking the package servers again before each build would be slow.
    let refusal = workspace.target().join("tools/without-mold");
    let wants_linker = !(LINKER.is_met)() && !refusal.exists();

    if !required.is_empty() || wants_linker {
        install(&required, wants_linker)?;
        if wants_linker && !(LINKER.is_met)() {
            std::fs::create_dir_all(workspace.target().join("tools"))?;
            std::fs::write(&refusal, "mold could not be installed; remove this file to try again\n")?;
        }
    }
    match needs {
        Needs::Tests => with_node(workspace, Choices::Web),
        Needs::Thumbnails => with_node(workspace, Choices::Pictures),
        Needs::Gateway | Needs::EmbeddedGateway | Needs::FullSystem => Ok(()),
    }
}

/// Node comes with the Python packages.
fn with_node(workspace: &Workspace, which: Choices) -> Result<()> {
    python::ensure(workspace)?;
    node::ensure(workspace, which)
}

/// The Python of the tests' own packages.
pub fn test_python(workspace: &Workspace) -> PathBuf {
    python::interpreter(workspace)
}

/// The folder with `node` and the packages of `tools/web`.
pub fn test_web(workspace: &Workspace) -> PathBuf {
    node::folder(workspace, Choices::Web)
}

/// The folder with `node` and the packages of `tools/pictures`.
pub fn bench_pictures(workspace: &Workspace) -> PathBuf {
    node::folder(workspace, Choices::Pictures)
}

fn install(required: &[Need], wants_linker: bool) -> Result<()> {
    let packages: Vec<&str> = required.iter().flat_map(|need| need.packages).copied().collect();
    let whats: Vec<&str> = required.iter().map(|need| need.what).collect();
    let installer = match debian::Installer::find() {
        Ok(installer) => installer,
        Err(reason) if required.is_empty() => {
            println!("note: builds are faster with {}, but {reason:#}", LINKER.what);
            return Ok(());
        }
        Err(reason) => bail!(
            "this needs {}; {reason:#}; on Debian: `sudo apt-get update && sudo apt-get install {}`",
            whats.join(", "),
            packages.join(" ")
        ),
    };

    installer.update();
    if !packages.is_empty() {
        println!("installing {}", packages.join(" "));
        installer.install(&packages)?;
        let unmet: Vec<&str> =
            required.iter().filter(|need| !(need.is_met)()).map(|need| need.what).collect();
        if !unmet.is_empty() {
            bail!("{} was installed, and yet there is no {}", packages.join(" "), unmet.join(", no "));
        }
    }
    if wants_linker {
        println!("installing {}", LINKER.packages.join(" "));
        if let Err(error) = installer.install(LINKER.packages) {
            println!("note: going on without {}: {error:#}", LINKER.what);
        }
    }
    Ok(())
}
