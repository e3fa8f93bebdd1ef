import { apt } from './apt/apt.ts'
import type { Format } from './format.ts'
import { yum } from './yum/yum.ts'

/** The formats whose indexes pc-ctl makes. Of the others it only puts the attributes right. */
export const formats: readonly Format[] = [apt, yum]
