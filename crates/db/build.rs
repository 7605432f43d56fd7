//! The migrations are carried inside the program: a new file there means a new build.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
