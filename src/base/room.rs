//! Room for what may become large, taken so that all of it goes back to the operating system when it is freed.

/// Blocks of more than 32 MiB are always mapped for themselves (GNU C Library manual, "Malloc Tunable Parameters",
/// `M_MMAP_THRESHOLD`): only the pages that are written take memory, and freeing gives them back whole. Smaller blocks come
/// from the heap of their thread once some have been freed, and stay in it.
const MAPPED_BYTES: usize = 33 * 1024 * 1024;

/// An empty list with room that takes memory only as it is filled, and that holds none back when it is dropped. Where
/// the system refuses such room, the list grows as any other.
pub fn roomy<T>() -> Vec<T> {
    let mut list = Vec::new();
    let items = MAPPED_BYTES / size_of::<T>().max(1);
    // A refusal only means to grow step by step.
    let _ = list.try_reserve_exact(items);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_large_enough_to_be_mapped_for_itself() {
        assert!(roomy::<u8>().capacity() > 32 * 1024 * 1024);
        assert!(roomy::<[u64; 2]>().capacity() * 16 > 32 * 1024 * 1024);
    }
}
