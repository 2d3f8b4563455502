//! What is settled with the kernel when a session begins.

use fuser::{InitFlags, KernelConfig};

/// How many readahead requests the kernel may have under way. With its default of 16, a dead server
/// would hold up the readahead of everything else.
const MAX_BACKGROUND: u16 = 1024;

/// Asks for what the kernel can do for us; returns whether it opens directories by itself when told that
/// we cannot.
pub(crate) fn negotiate(config: &mut KernelConfig) -> bool {
    let wanted = [
        InitFlags::FUSE_ATOMIC_O_TRUNC,
        InitFlags::FUSE_AUTO_INVAL_DATA,
        InitFlags::FUSE_DO_READDIRPLUS,
        InitFlags::FUSE_EXPORT_SUPPORT,
        InitFlags::FUSE_NO_OPENDIR_SUPPORT,
        InitFlags::FUSE_PARALLEL_DIROPS,
        InitFlags::FUSE_READDIRPLUS_AUTO,
        InitFlags::FUSE_PASSTHROUGH,
    ];
    for capability in wanted {
        if config.add_capabilities(capability).is_err() {
            tracing::debug!(?capability, "the kernel lacks a capability");
        }
    }
    // Origins are on filesystems that stand on nothing but a disk; overlayfs may still be mounted on us.
    let _ = config.set_max_stack_depth(1);
    // Only zero would be refused.
    let _ = config.set_max_background(MAX_BACKGROUND);
    let _ = config.set_congestion_threshold(MAX_BACKGROUND / 4 * 3);
    let capabilities = config.capabilities();
    capabilities.contains(InitFlags::FUSE_NO_OPENDIR_SUPPORT)
}
