/** An amount as AWS's bills have it; less than a cent is told as such. */
export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.01) return '< $0.01'
  return amount.toLocaleString('en-US', { style: 'currency', currency: 'USD' })
}
