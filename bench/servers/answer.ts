/** The JSON that every contender ends up sending: about 1 KB, as a small API answer is. */
export const ANSWER = JSON.stringify({
  id: 'MLB1234567890',
  title: 'Item for measurements',
  price: 199.9,
  currency_id: 'BRL',
  available_quantity: 12,
  attributes: Array.from({ length: 16 }, (_, index) => ({
    id: `ATTRIBUTE_${index}`,
    name: `Attribute ${index}`,
    value: 'x',
  })),
});
