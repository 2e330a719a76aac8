import React from 'react';

export const Button = React.memo(({ label }) => {
  return <button className="b">{label}</button>;
});

export default function View() {
  const onClick = () => {};
  return <div><Button label="x" /></div>;
}
