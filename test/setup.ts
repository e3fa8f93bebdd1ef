// Tests must never see the machine's own AWS settings, nor depend on its colours and locale.
for (const name of Object.keys(process.env)) {
  if (/^(AWS_|PC_CTL_)/.test(name)) Reflect.deleteProperty(process.env, name)
}
process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
process.env['AWS_CONFIG_FILE'] = '/nonexistent/aws-config'
process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent/aws-credentials'
process.env['NO_COLOR'] = '1'
process.env['LC_ALL'] = 'C.UTF-8'
Reflect.deleteProperty(process.env, 'FORCE_COLOR')

// The same commit is judged the same twice; elsewhere each run tries something else.
const seed = process.env['FC_SEED']
if (seed !== undefined) (await import('fast-check')).configureGlobal({ seed: Number(seed) })
