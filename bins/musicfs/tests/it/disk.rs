//! Filesystems that share extents, and a large file on one.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use fixtures::Library;
use tempfile::TempDir;

/// A filesystem in a file, unmounted when dropped.
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Makes one with `mkfs`, or says loudly why there is none.
    pub(crate) fn new(mkfs: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            assert!(
                !fixtures::tools_required(),
                "{mkfs}: only root can mount it, and MUSICFS_REQUIRE_TOOLS=1 asks for it"
            );
            fixtures::say(&format!("on {mkfs}: only root can mount it"));
            return None;
        }
        let mut make = fixtures::tool(mkfs)?;
        let disk = Self {
            folder: TempDir::with_prefix("musicfs-disk-").unwrap(),
        };
        let image = disk.folder.path().join("image");
        fs::File::create(&image)
            .unwrap()
            .set_len(400 << 20)
            .unwrap();
        fs::create_dir(disk.path()).unwrap();
        let output = make.arg(&image).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        disk.mount();
        Some(disk)
    }

    fn mount(&self) {
        let mut mount = Command::new("mount");
        mount
            .args(["-o", "loop"])
            .arg(self.folder.path().join("image"));
        let mounted = mount.arg(self.path()).output().unwrap();
        assert!(mounted.status.success(), "{mounted:?}");
    }

    /// Has an XFS lose what is in memory alone, as by a loss of power just after its log was written.
    pub(crate) fn lose_power(&self) {
        let commands: [(&str, &[&str]); 2] =
            [("xfs_io", &["-x", "-c", "shutdown -f"]), ("umount", &[])];
        for (program, args) in commands {
            let done = Command::new(program).args(args).arg(self.path()).output();
            let done = done.unwrap();
            assert!(done.status.success(), "{done:?}");
        }
        self.mount();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Returns how many bytes are in use.
    pub(crate) fn used(&self) -> u64 {
        rustix::fs::syncfs(fs::File::open(self.path()).unwrap()).unwrap();
        let facts = rustix::fs::statvfs(self.path()).unwrap();
        (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// A library of which one item has a file of 17 MB, on a disk.
pub(crate) struct Large {
    pub(crate) library: Library,
    pub(crate) disk: Disk,
}

impl Large {
    const CASE: &str = "flac-every-field";

    /// Makes one with `mkfs`, or says loudly why there is none.
    pub(crate) fn new(mkfs: &str) -> Option<Self> {
        let disk = Disk::new(mkfs)?;
        let library = Library::copy_to_temp();
        let large = Self { library, disk };
        let origin = large.origin();
        fs::create_dir_all(origin.parent().unwrap()).unwrap();
        let packed = large.library.origin(large.library.case(Self::CASE));
        fs::copy(packed, &origin).unwrap();
        let mut file = OpenOptions::new().append(true).open(&origin).unwrap();
        file.write_all(&Self::noise()).unwrap();
        Some(large)
    }

    /// Returns how the file ends.
    pub(crate) fn noise() -> Vec<u8> {
        (0..=250).cycle().take(17 << 20).collect()
    }

    /// Returns the music folder on the disk.
    pub(crate) fn music(&self) -> PathBuf {
        self.disk.path().join("music")
    }

    pub(crate) fn origin(&self) -> PathBuf {
        self.music().join(&self.library.case(Self::CASE).path)
    }

    pub(crate) fn id(&self) -> i64 {
        self.library.case(Self::CASE).id
    }

    /// Returns the query that selects the item.
    pub(crate) fn query(&self) -> String {
        format!("id:{}", self.id())
    }
}
