/** Has oclif lay out help for the width that everything else is laid out for. To be imported before oclif is. */
import { columnsOfHelp } from './help-page.ts'
import { resultScreen } from './result.ts'

Object.assign(globalThis, { oclif: { columns: columnsOfHelp(resultScreen()) } })
