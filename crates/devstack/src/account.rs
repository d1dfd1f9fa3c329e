//! As whom the server runs: PostgreSQL refuses to run as root.
//!
//! Owns the choice of the account and what it can reach. Does not create accounts.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::sys;

/// An account other than the caller's own, which is root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
    name: String,
}

impl Account {
    /// The account for a server on `data`; none when the caller is not root and so can run the server as itself.
    ///
    /// Data that is there already keeps its owner, since PostgreSQL opens no other; new data goes to `postgres`,
    /// which the server's packages create, else to `nobody`.
    pub(crate) fn for_data(data: &Path) -> Result<Option<Self>> {
        if !sys::is_root() {
            return Ok(None);
        }
        if let Ok(marker) = fs::metadata(data.join("PG_VERSION"))
            && marker.uid() != 0
        {
            let name = format!("#{}", marker.uid());
            return Ok(Some(Self { uid: marker.uid(), gid: marker.gid(), name }));
        }
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id("-u", name), id("-g", name)) {
                return Ok(Some(Self { uid, gid, name: name.to_owned() }));
            }
        }
        bail!("root cannot run PostgreSQL, and there is neither a user `postgres` nor `nobody` to run it as")
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Makes `command` run as this account. std also drops root's supplementary groups.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives `path` itself (not what is in it) to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
            .with_context(|| format!("cannot give {} to the user {}", path.display(), self.name))
    }

    /// Can this account enter `folder`? Asked of the kernel, which also knows of access lists and mount options.
    pub(crate) fn can_enter(&self, folder: &Path) -> Result<bool> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", r#"cd -- "$1""#, "sh"]).arg(folder).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.apply(&mut command);
        let status = command.status().with_context(|| format!("cannot run a program as {}", self.name))?;
        Ok(status.success())
    }
}

/// What `id` says of a user, or none where the user does not exist.
fn id(flag: &str, user: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, user]).stderr(Stdio::null()).output().ok()?;
    if output.status.success() { String::from_utf8(output.stdout).ok()?.trim().parse().ok() } else { None }
}
