/// The product's image, as members of a cluster that lose each other. Start at
/// [io.sallyport.container.LostMembersIT].
@NullMarked
package io.sallyport.container;

import org.jspecify.annotations.NullMarked;
