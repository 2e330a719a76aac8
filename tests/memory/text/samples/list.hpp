#ifndef LIST_HPP
#define LIST_HPP

#include <vector>

namespace acme {
namespace detail {
inline int helper() { return 1; }
}

/// A list.
template <typename T>
class List : public Base<T> {
 public:
    List() = default;
    explicit List(int n);
    ~List() { clear(); }

    T& operator[](int i) { return items_[i]; }
    void clear();
    static List make() { return List(); }

 private:
    std::vector<T> items_;
};

struct Point { int x, y; };
enum class Color { Red, Green };
using Points = std::vector<Point>;

template <typename T>
void List<T>::clear() {
    items_.clear();
}

template <typename T> concept Small = sizeof(T) < 8;
}  // namespace acme

int acme::List<int>::size() const { return 0; }

extern "C" {
int c_api(void);
}

#endif
