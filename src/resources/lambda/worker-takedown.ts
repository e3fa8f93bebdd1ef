import type { Names } from '../../aws/names.ts'
import type { AwsCli, Takedown } from '../takedown.ts'

/** How an operator takes the function away. */
export const takedownOfWorker = ({ functionName }: Names, region: string, cli: AwsCli): Takedown[] => [
  {
    title: 'Delete the function that jobs of reindex-everything run',
    commands: [cli('lambda', 'delete-function', '--region', region, '--function-name', functionName)],
    expected: 'Nothing is printed.',
    takes: 'a call',
    loses: 'The function and all its versions. A job that is still under way fails.',
    undo: '`reindex-everything --run-on batch` makes it again. Numbers of versions begin anew.',
  },
  {
    title: 'Delete the logs of that function',
    commands: [cli('logs', 'delete-log-group', '--region', region, '--log-group-name', `/aws/lambda/${functionName}`)],
    expected: 'Nothing is printed, or `ResourceNotFoundException` where the function has never run.',
    takes: 'a call',
    loses: 'What the function has logged.',
    undo: null,
  },
]
