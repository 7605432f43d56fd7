//! The program itself: everything is in the library, where tests reach it.

fn main() -> std::process::ExitCode {
    mpanel_node::main()
}
