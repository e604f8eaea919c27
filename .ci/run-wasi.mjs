// Runs a WebAssembly program with node's WASI: node run-wasi.mjs PROGRAM.wasm ARGUMENT...
//
// A program for wasm32-wasip1-threads has its threads as workers, each with an instance of its own over one shared
// memory. The main thread only starts them, so that it is never blocked while another thread asks for one.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const [, script, program, ...programArguments] = process.argv;

function start({ module, memory, lastThread }, thread) {
  const wasi = new WASI({
    version: "preview1",
    args: [program, ...programArguments],
    env: process.env,
    returnOnExit: true,
  });
  const instance = new WebAssembly.Instance(module, {
    ...wasi.getImportObject(),
    env: { memory },
    wasi: {
      "thread-spawn"(argument) {
        const number = Atomics.add(lastThread, 0, 1) + 1;
        parentPort.postMessage({ number, argument });
        return number;
      },
    },
  });
  if (thread === undefined) {
    return wasi.start(instance);
  }
  const { wasi_thread_start } = instance.exports;
  // `start` is what tells node's WASI about the memory.
  return wasi.start({
    exports: {
      memory: instance.exports.memory,
      _start: () => wasi_thread_start(thread.number, thread.argument),
    },
  });
}

if (isMainThread) {
  const module = new WebAssembly.Module(readFileSync(program));
  const imported = WebAssembly.Module.imports(module).some(({ kind }) => kind === "memory");
  const shared = {
    module,
    // As large as the linker of the target declares it.
    memory: imported && new WebAssembly.Memory({ initial: 256, maximum: 16384, shared: true }),
    lastThread: new Int32Array(new SharedArrayBuffer(4)),
  };
  const run = (thread) => {
    const worker = new Worker(script, {
      argv: [program, ...programArguments],
      workerData: { shared, thread },
    });
    worker.on("message", run);
    worker.on("error", (error) => {
      console.error(error);
      process.exit(1);
    });
    if (thread === undefined) {
      worker.on("exit", (code) => process.exit(code));
    }
  };
  run(undefined);
} else {
  const { shared, thread } = workerData;
  process.exit(start(shared, thread));
}
