import { type CallNode, ConstantReadNode, SelfNode } from '@ruby/prism/src/nodes.js'

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

/** Whatever they are called on, these run code that is not in the file, or that cannot be seen. */
const everywhere = words(
  'eval instance_eval class_eval module_eval instance_exec class_exec module_exec send public_send __send__ from_file',
)
/** These do so when called on nothing, on self or on Kernel; `YAML.load` is something else. */
const ofKernel = words('load require_relative at_exit trap set_trace_func')

/** Whether a call could change any setting without this showing in the file. */
export function changesAnything({ name, receiver }: CallNode): boolean {
  const kernel =
    receiver === null ||
    receiver instanceof SelfNode ||
    (receiver instanceof ConstantReadNode && ['Kernel', 'Object'].includes(receiver.name))
  return everywhere.has(name) || (kernel && ofKernel.has(name))
}

/** Calls after which the file is not read any further. */
export const endings = words('raise fail abort exit exit! throw')

/** Ruby's own methods that a file may call with one argument: not settings. */
export const kernelMethods = words(
  `Array Complex Float Hash Integer Rational String __callee__ __dir__ __method__ alias_method attr attr_accessor
  attr_reader attr_writer autoload block_given? caller catch define_method define_singleton_method exec extend fork
  format freeze gem gets global_variables include instance_variable_get instance_variable_set lambda local_variables loop
  module_function method open p pp prepend print printf private private_constant proc protected public putc puts rand
  readline readlines refine remove_const require select sleep spawn sprintf srand syscall system tap test then using warn
  yield_self`,
)
