/**
 * What the wire layer does per second on one thread. Nothing here is a test; figures differ from run to run.
 * `npx tsc -p tsconfig.build.json && node …` is not needed: the functions take the library as an argument,
 * so that the benchmark measures the compiled one.
 */
