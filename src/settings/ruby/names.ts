/**
 * Which names of a file may be shown. A value that somebody forgot to put in quotes looks like a name to Ruby, so only
 * those are shown that are known to be none, or that give nothing away.
 */

const words = (text: string): readonly string[] => text.split(/\s+/)

/** Constants, methods and Chef's own names that turn up in configuration files. */
const wellKnown = new Set(
  words(
    `Array BasicObject Base64 Chef ChefVault CSV Date DateTime Dir ENV ERB Encoding Etc File FileTest FileUtils Float
    Gem Hash IO IPAddr Integer JSON Kernel Logger Marshal Mash Mixlib Module NilClass Node Object ObjectSpace Open3
    OpenSSL OpenStruct Pathname Process Proc Psych Random Regexp Resolv RUBY_PLATFORM RUBY_VERSION Rational
    SecureRandom Set Shellwords Socket String Struct Symbol TOPLEVEL_BINDING TCPSocket Tempfile Thread Time TypeError
    URI Vault YAML Zlib node data_bag data_bag_item chef_vault_item run_state attribute default override normal

    read readlines binread exist? exists? file? directory? readable? join expand_path basename dirname open glob
    children entries load load_file safe_load parse generate dump now today year month day hostname gethostname
    ip_address_list getlogin nprocessors env hex base64 urlsafe_base64 uuid bytes random_bytes digest hexdigest
    strict_encode64 strict_decode64 encode64 decode64 urlsafe_encode64 urlsafe_decode64 new call fqdn hostname
    ipaddress memory cpu total capture2 capture2e capture3 popen pid clock_gettime hash escape match match? scan
    sub sub! gsub gsub! tr delete squeeze count index rindex slice partition rpartition ljust rjust center each_char
    each_line lines chars bytes bytesize encode unpack unpack1 crypt sum hex oct ord chr succ next upto casecmp casecmp?
    capitalize swapcase reverse start_with? end_with? delete_prefix delete_suffix split to_f to_r to_c to_a to_h to_s
    to_i to_sym to_str to_proc sort sort_by map flat_map select reject filter find detect each each_with_index
    each_with_object each_pair each_key each_value each_slice times upto downto step inject reduce sum min max min_by
    max_by minmax group_by zip uniq flatten compact first last take drop take_while drop_while rotate sample shuffle
    transpose product combination permutation values keys values_at fetch dig key key? has_key? include? member? value?
    has_value? any? all? none? one? empty? nil? is_a? kind_of? instance_of? respond_to? send public_send __send__
    method methods instance_variable_get instance_variable_set define_method freeze frozen? dup clone tap then
    yield_self itself merge merge! update store replace clear append prepend insert concat push pop shift unshift
    delete_if keep_if map! collect! select! reject! sort! uniq! flatten! compact! transform_keys transform_values
    transform_keys! transform_values! invert length size inspect class object_id equal? eql? upcase downcase strip
    lstrip rstrip chomp chop upcase! downcase! strip! chomp! capitalize! format sprintf puts print printf rand srand
    require require_relative lambda proc loop catch throw raise fail abort exit sleep system exec spawn fork
    round floor ceil abs divmod fdiv pow zero? positive? negative? even? odd? between? clamp digits bit_length
    default default= compare_by_identity rehash to_json to_yaml to_hash symbolize_keys stringify_keys deep_merge
    deep_merge! with_indifferent_access presence blank? present? try`,
  ),
)

/** What can be told of a name without giving away what may be a part of a secret. */
export const canBeShown = (name: string): boolean =>
  wellKnown.has(name) || !/[\p{L}\p{N}_]/u.test(name) || /^([a-z]{1,3}[?!]?|[a-z_]+!)$/.test(name)

export const shown = (name: string): string => (canBeShown(name) ? name : '…')
