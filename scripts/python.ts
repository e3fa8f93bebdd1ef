import { spawnSync } from 'node:child_process'

const { error, stdout } = spawnSync('python3', ['-IS', '-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' })

/**
 * The program behind `python3`: where a version manager stands in PATH, that name is a script of it, which takes several
 * times as long to start as Python does.
 */
export const python = error === undefined && stdout !== '' ? stdout.trim() : 'python3'
