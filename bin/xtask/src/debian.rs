//! Packages of Debian and its kin.
//!
//! Owns calling apt-get with the rights it needs, and what must be so around an installation. Does not decide what
//! to install.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process::{find_program, run, succeeds};

/// Debian's server package makes and starts a cluster on port 5432, unless a setting says otherwise. We start our
/// own, so a drop-in says otherwise while packages are installed; it is removed afterwards.
const NO_MAIN_CLUSTER: &str = "folder=/etc/postgresql-common/createcluster.d
mkdir -p $folder && echo 'create_main_cluster = false' > $folder/silkcart-setup.conf";
const MAIN_CLUSTER_AGAIN: &str = "folder=/etc/postgresql-common/createcluster.d
rm -f $folder/silkcart-setup.conf; rmdir --ignore-fail-on-non-empty $folder";

/// Packages of other servers start them at once, unless `policy-rc.d` says otherwise: RabbitMQ's on port 5672, and the
/// epmd that comes with it on 4369. Ours says so of these, for as long as this process lives, so that one that was left
/// behind does no harm; who has one already has decided.
const NO_SERVICES: &str = r#"policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ] || grep -qs silkcart-setup $policy; then
    cat > $policy <<END && chmod 755 $policy
#!/bin/sh
# By silkcart-setup, for as long as the process $1 lives.
[ -d /proc/$1 ] || exit 0
case "\$*" in *rabbitmq*|*epmd*) exit 101 ;; esac
END
fi"#;
const SERVICES_AGAIN: &str = "policy=/usr/sbin/policy-rc.d
if grep -qs silkcart-setup $policy; then rm -f $policy; fi";

/// What those packages would have started.
const SERVICES: [&str; 3] = ["rabbitmq-server.service", "epmd.service", "epmd.socket"];
const UNITS: &str = "/lib/systemd/system";
/// Keeps them from starting with the machine, too, and ends them where an older `policy-rc.d` let them start.
/// `systemctl enable` is how somebody who wants one gets it.
const NOT_AT_BOOT: &str = r#"if [ -d /run/systemd/system ]; then now=--now; fi
for unit; do
    name=${unit%.*}
    if command -v systemctl > /dev/null; then systemctl disable --quiet $now "$unit"; fi
    if [ -e "/etc/init.d/$name" ]; then update-rc.d "$name" disable; fi
done"#;

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
        // A service that is there already is somebody's.
        let exists = |unit: &&str| Path::new(UNITS).join(unit).exists();
        let others: Vec<&str> = SERVICES.into_iter().filter(exists).collect();
        self.shell(NO_MAIN_CLUSTER, &[])?;
        self.shell(NO_SERVICES, &[&std::process::id().to_string()])?;
        let mut command = self.as_root("apt-get");
        // Another apt may be at work, as on a machine that has just booted.
        command.args(["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]);
        let installed = run(command.args(packages));
        self.shell(SERVICES_AGAIN, &[])?;
        self.shell(MAIN_CLUSTER_AGAIN, &[])?;
        let new: Vec<&str> =
            SERVICES.into_iter().filter(exists).filter(|unit| !others.contains(unit)).collect();
        if !new.is_empty()
            && let Err(error) = self.shell(NOT_AT_BOOT, &new)
        {
            println!("note: {} may start with the machine: {error:#}", new.join(", "));
        }
        installed
    }

    fn shell(&self, script: &str, arguments: &[&str]) -> Result<()> {
        run(self.as_root("sh").args(["-c", script, "sh"]).args(arguments))
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
