//! Where a server's data really lies.
//!
//! Owns the way from the folder that was asked for to one that the server's account can reach. When root starts a
//! server from a clone in `/root` or below `mktemp -d`, no other account can enter there. The data then goes to a
//! folder of its own under `/var/lib`, and the folder that was asked for becomes a link to it: it is found where
//! it is looked for, later starts follow the link, and who removes the link starts afresh.
//!
//! Not under `/var/tmp`, which some systems empty of what has not been touched for a month.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::account::Account;

/// Where data goes that cannot lie where it was asked for; the second where the first cannot be written.
const ELSEWHERE: [&str; 2] = ["/var/lib/silkcart", "/var/tmp/silkcart"];

/// Open to all: the server's account has to come through. The data folder itself is closed, as PostgreSQL demands.
const TRAVERSABLE: u32 = 0o755;

/// A data folder that can be used, with its parent in place, and the account that is to use it.
#[derive(Debug)]
pub(crate) struct Location {
    /// Absolute, free of links. Does not exist yet, is empty, or holds a cluster.
    pub(crate) data: PathBuf,
    /// Beside the folder that was asked for.
    pub(crate) log: PathBuf,
    pub(crate) account: Option<Account>,
}

impl Location {
    pub(crate) fn of(requested: &Path) -> Result<Self> {
        let requested = std::path::absolute(requested)
            .with_context(|| format!("{} is not a usable path", requested.display()))?;
        let (Some(parent), Some(name)) = (requested.parent(), requested.file_name()) else {
            bail!("{} cannot be a data folder", requested.display());
        };
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
        let parent = parent.canonicalize().with_context(|| format!("cannot resolve {}", parent.display()))?;
        let requested = parent.join(name);
        let mut log = name.to_owned();
        log.push(".log");
        let log = parent.join(log);

        forget_lost_link(&requested)?;
        if requested.exists() {
            let data = requested
                .canonicalize()
                .with_context(|| format!("cannot resolve {}", requested.display()))?;
            let account = Account::for_data(&data)?;
            if reachable(data.parent().unwrap_or(&data), account.as_ref())? {
                return Ok(Self { data, log, account });
            }
            if fs::read_dir(&data)?.next().is_some() {
                bail!(
                    "the data folder {} holds data, but the server's user {} cannot reach it: make its parent \
                     folders traversable, or move it",
                    data.display(),
                    account.as_ref().map_or("", Account::name)
                );
            }
            fs::remove_dir(&requested)
                .with_context(|| format!("cannot replace the empty folder {}", requested.display()))?;
        }

        let account = Account::for_data(&requested)?;
        let data = match &account {
            Some(account) if !account.can_enter(&parent)? => lay_elsewhere(&requested, account)?,
            _ => requested,
        };
        Ok(Self { data, log, account })
    }
}

fn reachable(folder: &Path, account: Option<&Account>) -> Result<bool> {
    account.map_or(Ok(true), |account| account.can_enter(folder))
}

/// Removes a link of ours whose data is gone, as on a new machine with an old checkout.
fn forget_lost_link(requested: &Path) -> Result<()> {
    let Ok(target) = fs::read_link(requested) else { return Ok(()) };
    if target.exists() {
        return Ok(());
    }
    if !ELSEWHERE.iter().any(|base| target.starts_with(base)) {
        bail!("{} links to {}, which does not exist", requested.display(), target.display());
    }
    fs::remove_file(requested).with_context(|| format!("cannot remove the link {}", requested.display()))
}

fn lay_elsewhere(requested: &Path, account: &Account) -> Result<PathBuf> {
    let base = first_usable(ELSEWHERE.iter().map(PathBuf::from), account).with_context(|| {
        format!(
            "the server's user {} cannot reach {}, and no other place for the data was found",
            account.name(),
            requested.display()
        )
    })?;
    let folder = traversable_folder(&base, "postgres-")?.keep();
    let data = folder.join("data");
    fs::create_dir(&data).with_context(|| format!("cannot create {}", data.display()))?;
    symlink(&data, requested).with_context(|| format!("cannot create the link {}", requested.display()))?;
    Ok(data)
}

/// The first of `bases` that exists or can be made, can be written by the caller and entered by `account`.
fn first_usable(bases: impl IntoIterator<Item = PathBuf>, account: &Account) -> Option<PathBuf> {
    bases.into_iter().find(|base| {
        let made = base.is_dir() || (fs::create_dir_all(base).is_ok() && open_to_all(base).is_ok());
        made && account.can_enter(base).unwrap_or(false) && traversable_folder(base, ".probe-").is_ok()
    })
}

fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(TRAVERSABLE))
}

fn traversable_folder(base: &Path, prefix: &str) -> Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(base)
        .with_context(|| format!("cannot create a folder in {}", base.display()))?;
    // Not by the builder's permissions: those are cut by the umask.
    open_to_all(folder.path()).with_context(|| format!("cannot open {}", folder.path().display()))?;
    Ok(folder)
}

/// A temporary folder in which a server started by the caller, root or not, can have its data; removed on drop.
///
/// `tempfile::tempdir` lies wherever `TMPDIR` says and is as open as the umask allows. Where root's server cannot
/// reach it, data asked for there goes elsewhere and outlives it: tests should ask for this one. Stop the server
/// before it is dropped.
pub fn scratch_folder() -> Result<TempDir> {
    let temporary = std::env::temp_dir();
    let base = match Account::for_data(&temporary)? {
        None => temporary,
        Some(account) => {
            let bases = [temporary, "/tmp".into(), "/var/tmp".into()];
            first_usable(bases, &account)
                .with_context(|| format!("no temporary folder that {} can reach", account.name()))?
        }
    };
    traversable_folder(&base, "silkcart-")
}
