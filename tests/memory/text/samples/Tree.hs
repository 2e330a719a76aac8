{-# LANGUAGE LambdaCase #-}
-- | Trees.
module Data.Tree (Tree (..), insert) where

import qualified Data.Map as M

-- | A tree.
data Tree a
  = Leaf
  | Node (Tree a) a (Tree a)
  deriving (Show)

newtype Wrapper a = Wrapper { unwrap :: a }

type Forest a = [Tree a]

class Container f where
  empty :: f a
  insertInto :: a -> f a -> f a

instance Functor Tree where
  fmap _ Leaf = Leaf
  fmap f (Node l x r) = Node (fmap f l) (f x) (fmap f r)

-- | Inserts a value.
insert :: Ord a => a -> Tree a -> Tree a
insert x Leaf = Node Leaf x Leaf
insert x t@(Node l y r)
  | x < y = Node (insert x l) y r
  | otherwise = t

limit :: Int
limit = 10
