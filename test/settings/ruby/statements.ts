/** Templates of statements, as those of expressions. */
export const statements = {
  simple: `{settings}[{key}] = {any}
    {settings}[{key}] = {text}
    packagecloud_rails[{key}] = {text}
    packagecloud_rails[{key}] = {any}
    packagecloud_rails[{key}] = {int}
    nginx[{key}] = {any}

    {settings}[{key}] ||= {any}
    {settings}[{key}] &&= {any}
    packagecloud_rails[{key}] = packagecloud_rails[{key}].to_s + {text}
    packagecloud_rails['t'] += {text}
    packagecloud_rails['l'] += {list}
    packagecloud_rails['l'] << {any}
    packagecloud_rails['t'] << 'z'
    packagecloud_rails['m'][{key}] = {any}
    packagecloud_rails['m'][{key}] ||= {any}
    packagecloud_rails['m'].delete({key})
    m = packagecloud_rails['m']
    m[{key}] = {any}
    {settings}.merge!({hash})
    {settings}.update({ {key} => {any} })
    {settings}.store('{name}', {any})
    {settings}.delete({key})
    {settings}.delete_if { |kk, _| kk == '{name}' }
    {settings}.reject! { |_, v| v.nil? }
    {settings}.transform_values!(&:itself)
    {settings}.compact!
    redis.clear
    redis.replace({ 'z' => {any} })
    {settings}.tap { |x| x[{key}] = {any} }
    {settings}.then { |x| x[{key}] = {any} }
    {settings}.[]=({key}, {any})
    {settings}&.[]=({key}, {any})
    {settings}.send(:[]=, '{name}', {any})
    {settings}.public_send(:store, '{name}', {any})
    {settings}.method(:[]=).call('{name}', {any})
    {settings}.instance_eval { self['{name}'] = {any} }
    instance_eval "packagecloud_rails['{name}'] = 1"
    eval "packagecloud_rails['{name}'] = s"
    {settings}[{key}], {settings}[{key}] = {any}, {any}
    {settings}[{key}], s = {list}
    {settings}[{key}], *rest = 1, 2, 3
    ({settings}[{key}], b), c = [1, 2], 3
    {settings}[{key}] = {settings}[{key}] = {any}
    {settings}[{key}] = b = {any}
    b = ({settings}[{key}] = {any}; 2)
    b = [{settings}[{key}] = {any}]
    puts({settings}[{key}] = {any})
    "#{{settings}[{key}] = {any}}"
    {settings}[{key}] = {any} rescue nil
    {settings}[{key}] = (raise 'x' rescue {any})
    {settings}[{key}] = if {condition} then {any} else {any} end
    {settings}[{key}] = case {text} when 'a' then {any} when /b/ then {any} end
    {condition} and {settings}[{key}] = {any}
    {condition} or {settings}[{key}] = {any}
    {condition} && ({settings}[{key}] = {any})
    {condition} ? {settings}[{key}] = {any} : nil
    {condition} ? packagecloud_rails[{key}] = {any} : packagecloud_rails[{key}] = {any}
    external_url {text}
    external_url({text}) if {condition}
    mysql 'host' => {any}
    r = packagecloud_rails
    r = nginx
    r = {condition} ? packagecloud_rails : nginx
    r, q = q, r
    r = q
    r = packagecloud_rails.dup
    r = { a: 1 }
    q = packagecloud_rails['m']
    s = {text}
    s += {text}
    s << 'q'
    s = t
    s.upcase!
    s.gsub!('a', 'b')
    s.replace('new')
    s[0] = 'Z'
    t = s
    t.concat('w')
    n = {int}
    n += 1
    a = {list}
    a << {any}
    a.push(5)
    a[0] = {any}
    a += [1]
    a.concat([1])
    a.map! { |i| i }
    b = a
    b << 3
    h = {hash}
    h[{key}] = {any}
    h.merge!({hash})
    h.delete({key})
    h2 = h
    h2[:z] = {any}
    packagecloud_rails['l'] = a
    packagecloud_rails['m'] = h
    packagecloud_rails['t'] = s
    k = '{name}'
    k = {condition} ? '{name}' : '{name}'
    $g = {any}
    packagecloud_rails[{key}] = $g
    @i = {any}
    packagecloud_rails[{key}] = @i
    ENV['A'] = {text}
    ENV['NEW'] ||= {text}
    ENV.delete('A')
    packagecloud_rails[{key}] = ENV['NEW']
    # packagecloud_rails['{name}'] = 'comment'
    =begin\\npackagecloud_rails['{name}'] = 'comment'\\n=end
    packagecloud_rails[{key}] = <<X\\n  packagecloud_rails['{name}'] = 1 #{n}\\nX
    packagecloud_rails[{key}] = <<~'X'\\n    raw #{n}\\n      {name}\\n  X
    {settings}.each { |kk, v| packagecloud_rails["x_#{kk}"] = 1 }
    {settings}.each_pair { |kk, v| v << 'u' if v.is_a?(String) }
    %w({name} {name}).each { |i| packagecloud_rails[i] = {any} }
    { '{name}' => 1, '{name}' => 2 }.each { |kk, v| packagecloud_rails[kk] = v }
    [packagecloud_rails, nginx].each { |x| x[{key}] = {any} }
    %w({name}).each_with_object({settings}) { |i, x| x[i] = 1 }
    %w({name}).inject(packagecloud_rails) { |x, i| x[i] = 1; x }
    { p: packagecloud_rails }[:p][{key}] = {any}
    [packagecloud_rails].first[{key}] = {any}
    [packagecloud_rails][0].store('{name}', {any})
    3.times { |i| n += i }
    packagecloud_rails['n'] = n
    [1, 2].each { |i| s = s + i.to_s }
    loop { packagecloud_rails[{key}] = {any}; break }
    catch(:done) { packagecloud_rails[{key}] = {any}; throw :done; packagecloud_rails[{key}] = 0 }
    f1
    f2({any})
    f3(packagecloud_rails)
    packagecloud_rails[{key}] = f4
    l1.call
    l1.()
    -> { packagecloud_rails[{key}] = {any} }.call
    proc { |x| x[{key}] = {any} }.call(nginx)
    def f1; packagecloud_rails['{name}'] = 'f1'; end
    def f2(x) packagecloud_rails['{name}'] = x; end
    def f3(x) x['{name}'] = 3; end
    def f4; '{name}'; end
    def f1; f3(nginx); end
    l1 = lambda { packagecloud_rails['{name}'] = s }
    l1 = -> { s = s + 'l' }
    return if {condition}
    return if {known}
    raise 'no' if {known}
    exit if {unknown}`,
  compound: `{simple} if {condition}
    {simple} unless {condition}
    {simple}
    if {condition}\\n{block}\\nend

    if {condition}\\n{block}\\nelse\\n{block}\\nend
    if {condition}\\n{block}\\nelsif {condition}\\n{block}\\nelse\\n{block}\\nend
    unless {condition}\\n{block}\\nelse\\n{block}\\nend
    case {text}\\nwhen 'a', 'b'\\n{block}\\nwhen /c/\\n{block}\\nelse\\n{block}\\nend
    case {any}\\nwhen String\\n{block}\\nwhen nil\\n{block}\\nend
    case {int}\\nwhen 1..5\\n{block}\\nwhen 42 then {simple}\\nend
    case\\nwhen {condition}\\n{block}\\nwhen {condition}\\n{block}\\nend
    case {any}\\nin String => w\\n{block}\\nin [x, y]\\n{block}\\nin { a: z }\\n{block}\\nelse\\n{block}\\nend
    begin\\n{block}\\nrescue\\n{block}\\nend
    begin\\n{block}\\nraise 'x' if {condition}\\n{block}\\nrescue => e\\n{block}\\nensure\\n{block}\\nend
    begin\\n{block}\\nrescue ArgumentError\\n{block}\\nelse\\n{block}\\nend
    {counter} = 0\\nwhile {counter} < 2\\n{counter} += 1\\n{block}\\nend
    {counter} = 0\\nuntil {counter} == 1\\n{counter} += 1\\nnext if {condition}\\n{block}\\nend
    for i in [1, 2]\\n{block}\\nend
    [1, 2].each do |i|\\n{block}\\nend
    {list}.each_with_index do |x, i|\\n{block}\\nend
    1.upto(2) { |i| {simple} }
    {settings}.tap do |c|\\nc[{key}] = {any}\\n{block}\\nend
    1.then do\\n{block}\\nend
    (\\n{block}\\n)
    begin\\n{block}\\nend while false
    begin\\n{block}\\nend if {condition}`,
} as const
