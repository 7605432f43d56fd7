//! What wasm-opt breaks is whole again.

use super::repair::{EXPORT_SECTION, TABLE, table_exports};

/// A program with one exported table of that index.
fn program(index: u8) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    wasm.extend([EXPORT_SECTION, 7, 1, 3, b'e', b'x', b't', TABLE, index]);
    wasm
}

#[test]
fn a_table_gets_its_index_back() {
    let mut after = program(0);
    table_exports(&program(1), &mut after).unwrap();
    assert_eq!(after, program(1));
}

#[test]
fn what_is_not_wasm_is_refused() {
    assert!(table_exports(b"no", &mut program(0)).is_err());
}
