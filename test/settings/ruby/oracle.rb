# Says what real Ruby makes of configuration files. Reads a JSON array of sources on stdin; writes, for each, what it
# set, or the class of what it raised.
require 'json'
require 'stringio'
require 'timeout'

# As Chef has it: string and symbol keys are equal, and hashes and arrays are copied when they come in.
class Mash < Hash
  alias_method :plain_read, :[]
  alias_method :plain_write, :[]=

  def [](key) = plain_read(key_of(key))
  def []=(key, value)
    plain_write(key_of(key), value_of(value))
  end

  def update(other)
    other.each_pair { |key, value| self[key] = value }
    self
  end
  alias_method :merge!, :update

  def merge(other) = dup.update(other)
  def key?(key) = super(key_of(key))
  alias_method :include?, :key?
  alias_method :has_key?, :key?
  alias_method :member?, :key?
  def fetch(key, *rest, &block) = super(key_of(key), *rest, &block)
  def dig(key, *rest) = super(key_of(key), *rest)
  def delete(key, &block) = super(key_of(key), &block)
  def values_at(*keys) = keys.map { |key| self[key] }
  def except(*keys) = super(*keys.map { |key| key_of(key) })
  def to_hash = {}.merge(self)

  def initialize_copy(other)
    super
    each { |key, value| plain_write(key, value.dup) if value.is_a?(Mash) || value.is_a?(Array) }
  end

  private

  def key_of(key) = key.is_a?(Symbol) ? key.to_s : key

  def value_of(value)
    if value.instance_of?(Hash) then Mash.new.update(value)
    elsif value.is_a?(Array) then value.map { |item| value_of(item) }
    else value
    end
  end
end

# As omnibus packages load theirs: settings are names of the object that the file is evaluated in.
class Settings
  ROOTS = %i[packagecloud_rails nginx redis mysql].freeze

  attr_reader :settings

  def initialize
    @settings = ROOTS.to_h { |name| [name, Mash.new] }
  end

  ROOTS.each do |name|
    define_method(name) { |*value| value.empty? ? @settings[name] : @settings[name] = value.first }
  end

  def method_missing(name, *args)
    return @settings[name] if args.empty? && @settings.key?(name)
    raise NameError, "unknown setting #{name}" unless args.size == 1

    @settings[name] = args.first
  end

  def respond_to_missing?(name, _all = false) = @settings.key?(name)
end

def plain(value)
  case value
  when nil, true, false then value
  when Integer then { 'integer' => value.to_s }
  when Float then { 'float' => value.to_s }
  when String then value.valid_encoding? ? value.encode('UTF-8') : { 'bytes' => value.bytes }
  when Symbol then { 'symbol' => value.to_s }
  when Array then { 'array' => value.map { |item| plain(item) } }
  when Mash then { 'mash' => value.map { |key, item| [plain(key), plain(item)] } }
  when Hash then { 'hash' => value.map { |key, item| [plain(key), plain(item)] } }
  else { 'other' => value.class.to_s }
  end
end

# `return` ends the file.
def run(host, source)
  Timeout.timeout(2) { host.instance_eval(source, 'f.rb', 1) }
end

# In an object and a binding of its own, silenced.
def evaluate(source)
  host = Settings.new
  out, err, $stdout, $stderr = $stdout, $stderr, StringIO.new, StringIO.new
  begin
    run(host, source)
    { 'set' => host.settings.map { |name, value| [name.to_s, plain(value)] } }
  rescue Exception => e # rubocop:disable Lint/RescueException
    { 'raised' => e.class.to_s, 'message' => e.message }
  ensure
    $stdout = out
    $stderr = err
  end
end

# Ruby itself prints there where it stumbles over a program.
answer = $stdout.dup
STDOUT.reopen(File::NULL)
STDERR.reopen(File::NULL)
# Whatever becomes of the one who asks.
Thread.new { sleep 60; exit! }

environment = ENV.to_h
results = JSON.parse($stdin.read).map do |source|
  ENV.replace(environment)
  $g = nil
  # Constants and globals of one file are not those of the next.
  before = Object.constants
  result = evaluate(source)
  (Object.constants - before).each { |name| Object.send(:remove_const, name) }
  result
end
answer.puts JSON.generate(results)
