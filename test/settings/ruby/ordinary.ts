/** Templates of what stands in configuration files that people and Chef write; they take the place of wilder ones. */
export const ordinary = {
  name: `s3_bucket aws_region aws_access_key aws_secret_key cloudfront_enabled cloudfront_secret proxy db_host
    smtp`.replaceAll(/\s+/g, '\n'),
  settings: `packagecloud_rails
    packagecloud_rails
    packagecloud_rails
    nginx`,
  key: `'{name}'
    "{name}"
    :{name}`,
  known: `true
    false

    ENV['A'] == 'env'
    ENV['NONE']
    ENV.key?('A')
    !{known}
    nil.nil?
    ENV['A'].nil? || ENV['A'].empty?
    {int} < {int}
    {text} == 'a'
    {known} && {known}
    {known} || {known}
    packagecloud_rails['{name}'].nil?
    packagecloud_rails['{name}'] == 'a'`,
  unknown: `File.exist?('/etc/proxy')
    File.exist?('/')

    File.exist?('/') && {known}
    Dir.exist?('/nonexistent/x') || {known}
    RUBY_VERSION > '1'
    Time.now.year > 2000
    ENV['A'] =~ /n/
    ENV['A'].match?(/b/)
    packagecloud_rails['{name}'].is_a?(String)
    packagecloud_rails['{name}'].respond_to?(:each)
    defined?(Chef)
    !{unknown}`,
  text: `'a'
    "b"
    'eu-west-1'

    "c-#{ENV['A']}"
    "e#{{int}}"
    ENV['A']
    ENV['NONE'] || {text}
    ENV.fetch('NONE', 'g')
    ENV.fetch('NONE') { 'h' }
    'f' + {text}
    {text}.upcase
    {text}.strip
    ({condition} ? {text} : {text})
    (if {known} then {text} else {text} end)
    %w(i j).join('-')
    %q(k(l)m)
    <<~T.chomp\\n  in a {name}\\n  T\\n`,
  int: `1
    42

    2 * 1024 * 1024
    {int} + {int}
    [4, {int}].max
    '12'.to_i`,
  list: `[1, 2]
    %w(a b)

    [{text}, {int}]
    ['0.0.0.0'] + {list}`,
  hash: `{ a: 1 }
    { 'b' => 'x', :c => nil }

    { {key} => {text} }
    { a: { b: {int} } }`,
  any: `{text}
    {text}
    {int}
    true
    nil

    {list}
    {hash}
    :sym
    1.5
    false
    packagecloud_rails['{name}']
    ({condition} ? {text} : {text})
    ({unknown} && {text})
    (File.read('/nonexistent/x') if {unknown} && false)`,
  simple: `{settings}[{key}] = {any}
    {settings}[{key}] = {text}
    {settings}[{key}] = {text}
    packagecloud_rails[{key}] = {text}
    packagecloud_rails[{key}] = {any}

    packagecloud_rails[{key}] ||= {any}
    packagecloud_rails[{key}] &&= {text}
    packagecloud_rails[{key}] = packagecloud_rails[{key}].to_s + {text}
    packagecloud_rails['proxy'] += {text} if packagecloud_rails['proxy'].is_a?(String)
    {settings}[{key}] = {text} if {unknown}
    {settings}[{key}] = {text} if {condition}
    {settings}[{key}] = {text} unless {condition}
    {settings}[{key}] ||= {text} if {unknown}
    packagecloud_rails.merge!({hash})
    packagecloud_rails.delete({key})
    packagecloud_rails.delete({key}) if {condition}
    {settings}[{key}] = if {condition} then {text} else {text} end
    {settings}[{key}] = case {text} when 'a' then {text} else {text} end
    {settings}[{key}], {settings}[{key}] = {text}, {text}
    external_url {text}
    external_url {text} if {condition}
    prefix = {text}\\npackagecloud_rails[{key}] = "#{prefix}-x"
    prefix = {text} if {unknown}\\npackagecloud_rails[{key}] = "#{prefix}-x"
    ENV['B'] ||= {text}
    packagecloud_rails[{key}] = ENV['B']
    packagecloud_rails['smtp'] = {hash}
    packagecloud_rails['smtp'] ||= {}\\npackagecloud_rails['smtp'][{key}] = {any}
    %w(one two).each { |part| nginx["x_#{part}"] = {text} }
    %w(s3_bucket db_host).each { |part| packagecloud_rails[part] = {text} }
    [1, 2].each_with_index { |part, at| nginx["x_#{at}"] = part }
    { 'db_host' => 'a', 'proxy' => 'b' }.each { |name, value| packagecloud_rails[name] = value }
    rails = packagecloud_rails\\nrails[{key}] = {text}
    [packagecloud_rails, nginx].each { |rails| rails['log'] = {text} }
    packagecloud_rails[{key}] = (File.read('/nonexistent/x').strip rescue {text})
    # packagecloud_rails['{name}'] = 'comment'
    packagecloud_rails[{key}] = <<X\\n  packagecloud_rails['{name}'] = 1 #{{int}}\\nX\\n`,
  compound: `{simple} if {condition}
    {simple} unless {condition}

    if {condition}\\n{block}\\nend
    if {condition}\\n{block}\\nelse\\n{block}\\nend
    if {unknown}\\n{block}\\nelsif {condition}\\n{block}\\nelse\\n{block}\\nend
    unless {condition}\\n{block}\\nelse\\n{block}\\nend
    case {text}\\nwhen 'a', 'b'\\n{block}\\nwhen 'c'\\n{block}\\nelse\\n{block}\\nend
    case\\nwhen {condition}\\n{block}\\nwhen {condition}\\n{block}\\nend
    begin\\n{block}\\nrescue\\n{block}\\nend
    packagecloud_rails.tap do |rails|\\nrails[{key}] = {text}\\n{block}\\nend`,
} as const
