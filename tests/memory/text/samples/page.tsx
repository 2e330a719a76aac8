interface Props { name: string }

export const Page: React.FC<Props> = ({ name }) => {
  return <main>{name}</main>;
};

export function Footer(): JSX.Element {
  return <footer />;
}
