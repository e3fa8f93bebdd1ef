import { say } from '../ui/talk.ts'
import { commandLine } from '../shell.ts'
import { warning } from '../text.ts'
import { type Flags, loadSettings, type Settings } from './settings.ts'

/**
 * The settings that a command works with: {@link loadSettings}, and a warning where others can read what they are read
 * from.
 */
export async function settingsFor(flags: Flags): Promise<Settings> {
  const settings = await loadSettings(flags)
  if (settings.isOpenToAll === true) {
    const file = settings.configFile
    say(
      warning(
        `Everybody on this machine can read ${file} and the secrets in it: \`${commandLine(['chmod', 'o-r', file])}\``,
      ),
    )
  }
  return settings
}
