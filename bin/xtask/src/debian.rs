//! Packages of Debian and its kin.
//!
//! Owns calling apt-get with the rights it needs, and what must be so around an installation. Does not decide what
//! to install.

use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process::{find_program, run, succeeds};

/// Debian's server package makes and starts a cluster on port 5432, unless a setting says otherwise. We start our
/// own, so a drop-in says otherwise while packages are installed; it is removed afterwards.
const NO_MAIN_CLUSTER: &str = "folder=/etc/postgresql-common/createcluster.d
mkdir -p $folder && echo 'create_main_cluster = false' > $folder/silkcart-setup.conf";
const MAIN_CLUSTER_AGAIN: &str = "folder=/etc/postgresql-common/createcluster.d
rm -f $folder/silkcart-setup.conf; rmdir --ignore-fail-on-non-empty $folder";

/// apt-get, and the way to call it as root.
#[derive(Debug)]
pub struct Installer {
    by_sudo: bool,
}

impl Installer {
    /// Fails with the reason why packages cannot be installed from here.
    pub fn find() -> Result<Self> {
        if find_program("apt-get").is_none() {
            bail!("there is no apt-get to install it with");
        }
        // Processes belong to their effective user.
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            return Ok(Self { by_sudo: false });
        }
        if succeeds(Command::new("sudo").args(["-n", "true"])) {
            return Ok(Self { by_sudo: true });
        }
        bail!("you are not root, and sudo is missing or asks for a password");
    }

    /// Refreshes the lists of packages. One unreachable source of several is no reason to stop: what is really
    /// missing shows when it is installed.
    pub fn update(&self) {
        if let Err(error) = run(self.as_root("apt-get").args(["update", "-qq"])) {
            println!("note: {error:#}");
        }
    }

    pub fn install(&self, packages: &[&str]) -> Result<()> {
        run(self.as_root("sh").args(["-c", NO_MAIN_CLUSTER]))?;
        let mut command = self.as_root("apt-get");
        // Another apt may be at work, as on a machine that has just booted.
        command.args(["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]);
        let installed = run(command.args(packages));
        run(self.as_root("sh").args(["-c", MAIN_CLUSTER_AGAIN]))?;
        installed
    }

    fn as_root(&self, program: &str) -> Command {
        let mut command = if self.by_sudo {
            let mut sudo = Command::new("sudo");
            // sudo drops variables that are only set around it.
            sudo.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", program]);
            sudo
        } else {
            let mut command = Command::new(program);
            command.env("DEBIAN_FRONTEND", "noninteractive");
            command
        };
        command.stdin(Stdio::null());
        command
    }
}
