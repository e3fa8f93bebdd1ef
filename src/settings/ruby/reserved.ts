export const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Calls after which the file is not read any further. */
export const endings = words('raise fail abort exit exit! throw')

/** Methods, besides those that end in `!` or `=`, that change what they are called on. */
const mutators = words(
  `<< []= append clear compare_by_identity concat delete delete_at delete_if fill force_encoding insert keep_if pop
  prepend push rehash replace setbyte shift store unshift update`,
)

export const isMutator = (name: string): boolean => /[\w?]!$|\w=$/.test(name) || mutators.has(name)

/** Methods that look at a mash and leave it as it is, with a block or without. */
export const lookers = words(
  `any? all? collect count detect each each_key each_pair each_value each_with_index each_with_object empty? entries
  find find_all filter filter_map flat_map hash inspect invert key keys length map max_by min_by none? partition reduce
  inject reject select size sort sort_by sum to_a to_h to_hash to_s transform_keys transform_values values values_at
  then yield_self tap itself freeze frozen? is_a? kind_of? instance_of? respond_to? class object_id dup clone merge
  fetch dig key? has_key? include? member? has_value? value? nil? slice except compact to_json to_yaml == != ! =~ ===
  eql? equal? [] method public_method instance_eval instance_exec instance_variable_get first take drop uniq zip
  group_by each_slice each_cons fetch_values assoc rassoc default default_proc compare_by_identity? lazy`,
)

/** Methods whose result is a new object, whatever they are called on; what it holds may be shared. */
export const makers = words(
  `collect compact count drop dup clone entries except filter filter_map find_all flat_map flatten group_by hash inspect
  invert join keys length map merge partition reject reverse select size slice sort sort_by split sum take to_a to_h
  to_hash to_json to_yaml transform_keys transform_values uniq values values_at zip + - * % any? all? none? empty? nil?
  include? key? has_key? member? is_a? kind_of? instance_of? respond_to? class object_id == != ! =~ === < > <= >= <=>
  match? match frozen? eql? equal?`,
)

/** Methods of a string whose result may be that very string. */
export const keepers = words(
  `itself freeze to_s to_str +@ -@ tap then yield_self each_char each_line each_byte force_encoding scrub! replace
  concat << prepend insert clear presence try send public_send __send__ instance_eval instance_exec unicode_normalize!`,
)

/** Methods that call a procedure. */
export const callers = words('call () yield === [] to_proc curry >> << unbind bind')

/** Methods that hand one element after the other to the first parameter of their block. */
export const iterators = words(
  `each map collect select filter reject find_all flat_map filter_map each_with_index each_with_object each_entry
  reverse_each all? any? none? find detect partition group_by sort_by min_by max_by sum delete_if keep_if each_key`,
)

/** Of these a hash hands over key and value. */
export const pairIterators = words(
  `each each_pair map collect select filter reject find_all flat_map filter_map all? any? none? find detect partition
  delete_if keep_if select! reject! filter! sum min_by max_by sort_by group_by`,
)

/** Ruby's own methods that a file may call: not settings. */
export const kernelMethods = words(
  `Array Complex Float Hash Integer Rational String __callee__ __dir__ __method__ alias_method attr attr_accessor
  attr_reader attr_writer autoload binding block_given? caller catch define_method define_singleton_method exec extend
  fork format freeze gem gets global_variables include instance_variable_get instance_variable_set lambda
  local_variables loop module_function method open p pp prepend print printf private private_constant proc protected
  public putc puts rand readline readlines refine remove_const require select sleep spawn sprintf srand syscall system
  tap test then using warn yield_self`,
)
