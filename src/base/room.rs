//! Room for what may become large, taken so that all of it goes back to the operating system when it is freed.

use std::hint::black_box;

/// Blocks of more than 32 MiB are always mapped for themselves (GNU C Library manual, "Malloc Tunable Parameters",
/// `M_MMAP_THRESHOLD`): only the pages that are written take memory, and freeing gives them back whole. Smaller blocks come
/// from the heap of their thread once some have been freed, and stay in it.
const MAPPED_BYTES: usize = 33 * 1024 * 1024;

/// Where less than this is free, as under a limit of the address space, all of it is left to what cannot do without.
const FREE_BYTES: usize = 1024 * 1024 * 1024;

/// An empty list with room that takes memory only as it is filled, and that holds none back when it is dropped. Where
/// the system refuses such room, the list grows as any other.
pub fn roomy<T>() -> Vec<T> {
    let mut list = Vec::new();
    let is_free = has_free(FREE_BYTES);
    let items = MAPPED_BYTES / size_of::<T>().max(1);
    // A refusal only means to grow step by step.
    let _ = if is_free { list.try_reserve_exact(items) } else { Ok(()) };
    list
}

fn has_free(bytes: usize) -> bool {
    // Hidden from the compiler, which would take an unused block for granted and leave it out.
    let mut block = black_box(Vec::<u8>::new());
    let is_free = block.try_reserve_exact(bytes).is_ok();
    drop(black_box(block));
    is_free
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
