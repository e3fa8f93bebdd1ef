/** The part of the WebAssembly JavaScript API that is used here; TypeScript has it in its library for browsers only. */
declare namespace WebAssembly {
  type Exports = Record<string, unknown>
  type Module = object
  interface Instance {
    readonly exports: Exports
  }
  const Module: { imports(module: Module): { module: string; name: string }[] }
  class RuntimeError extends Error {}
  class Memory {
    readonly buffer: ArrayBuffer
  }
  class Global {
    readonly value: number
  }
  function compile(bytes: Uint8Array): Promise<Module>
  function instantiate(module: Module, imports: object): Promise<Instance>
}
